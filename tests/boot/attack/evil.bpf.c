// SPDX-License-Identifier: GPL-2.0-only
/*
 * What root would rather have run than the signed parser: the kernel, but the decoy
 * as its command line and no initrd. Refers to nothing but the kernel's functions,
 * so that its instructions can be loaded without libbpf and look like a parser's.
 */
#include "common.bpf.h"

SEC("syscall")
int evil(struct kexec_bpf_ctx *ctx)
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

char _license[] SEC("license") = "GPL";
