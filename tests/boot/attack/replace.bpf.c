// SPDX-License-Identifier: GPL-2.0-only
/* In place of the parser, before it and behind it, where it can be found by its id. */
#include "common.bpf.h"

struct shared shared;

/* The kernel has no name for the context of such programs, so it is told. */
SEC("freplace/parser")
int replacement(struct kexec_bpf_ctx *ctx __attribute__((btf_decl_tag("arg:ctx"))))
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

static __always_inline int add_initrd(void)
{
	struct bpf_parser_context *host = bpf_get_parser_context(shared.parser_id);

	if (!host)
		return 0;
	shared.got++;
	if (!refer(host, KEXEC_BPF_INITRD, DECOY_OFF, DECOY_LEN))
		shared.named++;
	bpf_put_parser_context(host);
	return 0;
}

SEC("fentry/parser")
int BPF_PROG(ahead)
{
	return add_initrd();
}

SEC("fexit/parser")
int BPF_PROG(behind)
{
	return add_initrd();
}

char _license[] SEC("license") = "GPL";
