// SPDX-License-Identifier: GPL-2.0-only
/*
 * Root may slow down what it attacks: stops the loading thread at a place of enum hold
 * until the process has done its worst. So no attempt misses its moment.
 */
#include "common.bpf.h"

struct bpf_prog_aux {
	__u32 id;
} __attribute__((preserve_access_index));

struct bpf_prog {
	struct bpf_prog_aux *aux;
} __attribute__((preserve_access_index));

struct shared shared;

static long wait_go(__u64 i, void *deadline)
{
	if (*(volatile unsigned int *)&shared.go)
		return 1;
	if (bpf_ktime_get_ns() < *(__u64 *)deadline)
		return 0;
	shared.late++;
	return 1;
}

static __always_inline int stop(unsigned int where, __u64 parser_id)
{
	__u64 deadline = bpf_ktime_get_ns() + 3000000000ull;

	if ((__u32)bpf_get_current_pid_tgid() != shared.victim)
		return 0;
	if (parser_id)
		shared.parser_id = parser_id;
	if (shared.hold != where)
		return 0;
	shared.held++;
	bpf_loop(1 << 23, wait_go, &deadline, 0);
	return 0;
}

SEC("fentry/kexec_bpf_prog_run")
int BPF_PROG(before, struct bpf_prog *prog, struct bpf_parser_context *st)
{
	if ((__u32)bpf_get_current_pid_tgid() == shared.victim)
		shared.prog_id = prog->aux->id;
	return stop(HOLD_BEFORE, st->id);
}

SEC("fentry/bpf_get_parser_context")
int BPF_PROG(inside, unsigned long id)
{
	return stop(HOLD_INSIDE, id);
}

SEC("fentry/kexec_file_check_envelope")
int BPF_PROG(was_read)
{
	return stop(HOLD_READ, 0);
}

static long wait_until(__u64 i, void *deadline)
{
	return bpf_ktime_get_ns() >= *(__u64 *)deadline;
}

/* Called between the check of a command and what it does, where signatures are enforced. */
SEC("fentry/kexec_pe_covers")
int BPF_PROG(covers)
{
	__u64 deadline = bpf_ktime_get_ns() + shared.slow_ns;

	if (shared.slow_ns && (__u32)bpf_get_current_pid_tgid() == shared.victim)
		bpf_loop(1 << 23, wait_until, &deadline, 0);
	return 0;
}

#define BPF_PROG_LOAD_CMD 5

SEC("fentry/kern_sys_bpf")
int BPF_PROG(has_maps, int cmd)
{
	return cmd == BPF_PROG_LOAD_CMD ? stop(HOLD_MAPS, 0) : 0;
}

char _license[] SEC("license") = "GPL";
