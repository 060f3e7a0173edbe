/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests' tiny parser programs have in common. */
#ifndef TESTS_BPF_SAY_H
#define TESTS_BPF_SAY_H

#include "bpf/progs/parser.h"

INLINE int say_ref(struct bpf_parser_context *host, uint16_t cmd, uint8_t part, uint64_t off,
		   uint64_t len)
{
	struct kexec_bpf_ref_cmd c = {
		.hdr = { .cmd = cmd, .subcmd = part, .payload_len = 30, .num_chunks = 1 },
		.chunk = { .type = KEXEC_BPF_CHUNK_REF, .len = sizeof(c.ref) },
		.ref = { .off = off, .len = len },
	};

	return bpf_buffer_parser(&c, sizeof(c), host);
}

INLINE int say_done(struct bpf_parser_context *host)
{
	struct kexec_bpf_cmd_hdr c = { .cmd = KEXEC_BPF_DONE };

	return bpf_buffer_parser(&c, sizeof(c), host);
}

#define PROGRAM(body)                                                              \
	SEC("syscall") int program(struct kexec_bpf_ctx *ctx)                      \
	{                                                                          \
		const uint64_t size = ctx->buf_size[0];                            \
		struct bpf_parser_context *host =                                  \
			bpf_get_parser_context(ctx->parser_id);                    \
		int ret;                                                           \
                                                                                   \
		if (!host)                                                         \
			return -ENOEXEC;                                           \
		ret = body;                                                        \
		bpf_put_parser_context(host);                                      \
		return ret;                                                        \
	}                                                                          \
	SEC("license") const char gpl[] = "GPL"

#endif
