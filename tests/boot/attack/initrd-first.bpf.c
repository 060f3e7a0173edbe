// SPDX-License-Identifier: GPL-2.0-only
/*
 * A parser as somebody might sign it, who names a part before he has seen whether the
 * image is all there. Run by root with a context of root's, in the middle of a load, it
 * stops there: the load has got another initrd, and would go on.
 */
#include "common.bpf.h"

SEC("syscall")
int parser(struct kexec_bpf_ctx *ctx)
{
	struct kexec_bpf_cmd_hdr done = { .cmd = KEXEC_BPF_DONE };
	struct bpf_parser_context *host = bpf_get_parser_context(ctx->parser_id);
	int ret;

	if (!host)
		return -8;
	ret = refer(host, KEXEC_BPF_INITRD, INITRD_OFF, INITRD_LEN);
	if (!ret && ctx->buf_size[0] < CMDLINE_OFF + CMDLINE_LEN)
		ret = -74;
	if (!ret)
		ret = refer(host, KEXEC_BPF_KERNEL, KERNEL_OFF, KERNEL_LEN);
	if (!ret)
		ret = refer(host, KEXEC_BPF_CMDLINE, CMDLINE_OFF, CMDLINE_LEN);
	if (!ret)
		ret = bpf_buffer_parser(&done, sizeof(done), host);
	bpf_put_parser_context(host);
	return ret;
}

char _license[] SEC("license") = "GPL";
