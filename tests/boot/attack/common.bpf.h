/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For all attackers that are BPF programs. Layout of the image, from the command
 * line: KERNEL_OFF, KERNEL_LEN, DECOY_OFF, DECOY_LEN. The decoy is a section that is
 * under the signature and not meant to be booted.
 */
#include <stdint.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "../../../bpf/kexec-bpf.h"
#include "attack.h"

struct bpf_parser_context {
	__u64 id;
} __attribute__((preserve_access_index));

extern struct bpf_parser_context *bpf_get_parser_context(unsigned long id) __ksym;
extern void bpf_put_parser_context(struct bpf_parser_context *ctx) __ksym;
extern int bpf_buffer_parser(void *buf, __u32 size,
			     struct bpf_parser_context *ctx) __ksym;
extern int bpf_parser_read(struct bpf_parser_context *ctx, __u32 buf, __u64 off,
			   void *dst, __u32 size) __ksym;

static __always_inline int refer(struct bpf_parser_context *host, __u8 part,
				 __u64 off, __u64 len)
{
	struct kexec_bpf_ref_cmd c = {
		.hdr = { .cmd = KEXEC_BPF_COPY, .subcmd = part,
			 .payload_len = sizeof(c.chunk) + sizeof(c.ref), .num_chunks = 1 },
		.chunk = { .type = KEXEC_BPF_CHUNK_REF, .len = sizeof(c.ref) },
		.ref = { .off = off, .len = len },
	};

	return bpf_buffer_parser(&c, sizeof(c), host);
}
