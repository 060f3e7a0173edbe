// SPDX-License-Identifier: GPL-2.0-only
/* In place of the parser, before it and behind it, where it can be found by its id. */
#include "common.bpf.h"

struct shared shared;

SEC("freplace/parser")
int replacement(struct kexec_bpf_ctx *ctx)
{
	struct kexec_bpf_cmd_hdr done = { .cmd = KEXEC_BPF_DONE };
	struct bpf_parser_context *host = bpf_get_parser_context(ctx->parser_id);
	int ret;

	if (!host)
		return -8;
	ret = refer(host, KEXEC_BPF_KERNEL, KERNEL_OFF, KERNEL_LEN);
	if (!ret)
		ret = refer(host, KEXEC_BPF_CMDLINE, DECOY_OFF, DECOY_LEN);
	if (!ret)
		ret = bpf_buffer_parser(&done, sizeof(done), host);
	bpf_put_parser_context(host);
	return ret;
}

static __always_inline int add_initrd(__u64 id)
{
	struct bpf_parser_context *host = bpf_get_parser_context(id);

	if (!host)
		return 0;
	shared.got++;
	if (!refer(host, KEXEC_BPF_INITRD, DECOY_OFF, DECOY_LEN))
		shared.named++;
	bpf_put_parser_context(host);
	return 0;
}

SEC("fentry/parser")
int BPF_PROG(ahead, struct kexec_bpf_ctx *theirs)
{
	return add_initrd(theirs->parser_id);
}

SEC("fexit/parser")
int BPF_PROG(behind, struct kexec_bpf_ctx *theirs, int ret)
{
	return add_initrd(theirs->parser_id);
}

char _license[] SEC("license") = "GPL";
