// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of root's that call the kernel's functions with the right number, and with
 * numbers near it, while the parser runs: by themselves, from a work queue, and in the
 * parser's own task. timer.bpf.c does it from an interrupt.
 */
#include "common.bpf.h"
#include "work-queue.bpf.h"

#include "ask.bpf.h"

static __always_inline int ask_all(void)
{
	__u64 id = shared.parser_id;

	ask(id);
	if (shared.named)
		return 0;
	ask(id - 1);
	ask(id + 1);
	ask(0);
	return 0;
}

SEC("syscall")
int by_itself(void *ctx)
{
	return ask_all();
}

static int in_worker(void *map, int *key, void *value)
{
	return ask_all();
}

SEC("syscall")
int by_wq(void *ctx)
{
	int zero = 0;
	struct work *w = bpf_map_lookup_elem(&works, &zero);

	if (!w)
		return 1;
	bpf_wq_init(&w->wq, &works, 0);
	if (bpf_wq_set_callback_impl(&w->wq, in_worker, 0, (void *)0))
		return 2;
	return bpf_wq_start(&w->wq, 0);
}

SEC("fentry/bpf_parser_read")
int BPF_PROG(by_fentry, struct bpf_parser_context *theirs)
{
	if (!shared.named && (__u32)bpf_get_current_pid_tgid() == shared.victim)
		ask(theirs->id);
	return 0;
}

char _license[] SEC("license") = "GPL";
