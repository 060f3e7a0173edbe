// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timer that comes up on the processor of the one who loads, again and again, so
 * that some time it interrupts the parser itself and inherits its task and its run
 * context. The verifier takes its calls for sleepable, as the program that set the
 * timer is: nobody but the kernel's functions themselves can tell that it interrupts.
 */
#include "common.bpf.h"
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_core_read.h>
#include "ask.bpf.h"

struct clock {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct clock);
} clocks SEC(".maps");

struct task_struct {
	void *bpf_ctx;
} __attribute__((preserve_access_index));

/* The stage, of which the run context tells whether the parser itself is interrupted. */
struct bpf_parser_context___run {
	const void *run_ctx;
} __attribute__((preserve_access_index));

static volatile struct bpf_parser_context___run *stage;

/* Time enough to get into the parser, and then again and again. */
#define FIRST_NS	100000
#define EVERY_NS	30000
#define ON_THIS_CPU	2	/* BPF_F_TIMER_CPU_PIN */

static __always_inline bool in_parser(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const void *theirs = NULL, *now = NULL;

	BPF_CORE_READ_INTO(&theirs, (struct bpf_parser_context___run *)stage, run_ctx);
	BPF_CORE_READ_INTO(&now, task, bpf_ctx);
	return now && now == theirs;
}

static int in_timer(void *map, int *key, struct clock *c)
{
	if (shared.go || !shared.parser_id)
		return 0;
	if ((__u32)bpf_get_current_pid_tgid() == shared.victim) {
		shared.hit += in_parser();
		if (!shared.named)
			ask(shared.parser_id);
	}
	bpf_timer_start(&c->timer, EVERY_NS, ON_THIS_CPU);
	return 0;
}

SEC("syscall")
int by_timer(void *ctx)
{
	int zero = 0;
	struct clock *c = bpf_map_lookup_elem(&clocks, &zero);

	if (!c)
		return 1;
	bpf_timer_init(&c->timer, &clocks, 1);
	return bpf_timer_set_callback(&c->timer, in_timer);
}

/* The parser runs next: winds the clock, which stops when it has run. */
SEC("fentry/kexec_bpf_prog_run")
int BPF_PROG(learn, void *prog, struct bpf_parser_context *st)
{
	struct clock *c;
	int zero = 0;

	if ((__u32)bpf_get_current_pid_tgid() != shared.victim)
		return 0;
	stage = (void *)st;
	shared.parser_id = st->id;
	c = bpf_map_lookup_elem(&clocks, &zero);
	if (c)
		bpf_timer_start(&c->timer, FIRST_NS, ON_THIS_CPU);
	return 0;
}

SEC("fexit/kexec_bpf_prog_run")
int BPF_PROG(forget)
{
	if ((__u32)bpf_get_current_pid_tgid() == shared.victim)
		shared.parser_id = 0;
	return 0;
}

char _license[] SEC("license") = "GPL";
