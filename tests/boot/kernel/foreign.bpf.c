// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of root's that run inside the task whose parser runs and ask for the
 * parser's handle with the right number.
 *
 * "elsewhere" is attached to a function that the parser calls, and must not load.
 * "foreign" is where parsers are attached that are light skeletons. It counts how
 * often it asked and how often it got a handle, which must be never.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct bpf_parser_context {
	__u64 id;
} __attribute__((preserve_access_index));

struct kexec_context;

extern struct bpf_parser_context *bpf_get_parser_context(unsigned long id) __ksym;
extern void bpf_put_parser_context(struct bpf_parser_context *ctx) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

static __always_inline void count(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&counters, &what);

	if (n)
		(*n)++;
}

static __always_inline int ask(__u64 id)
{
	struct bpf_parser_context *ours;

	count(0);
	ours = bpf_get_parser_context(id);
	if (!ours)
		return 0;
	count(1);
	bpf_put_parser_context(ours);
	return 0;
}

SEC("fentry/bpf_parser_read")
int BPF_PROG(elsewhere, struct bpf_parser_context *theirs)
{
	return ask(theirs->id);
}

SEC("fentry.s/kexec_image_parser_anchor")
int BPF_PROG(foreign, struct kexec_context *image, unsigned long id)
{
	return ask(id);
}

char _license[] SEC("license") = "GPL";
