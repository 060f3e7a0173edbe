/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs here share: the kernel's functions, and commands as they are posted. */
#ifndef SKEL_POSTED_H
#define SKEL_POSTED_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

/* Complete, or libbpf finds it incompatible with the kernel's. */
struct bpf_parser_context {
};

extern struct bpf_parser_context *bpf_get_parser_context(unsigned long id) __ksym;
extern void bpf_put_parser_context(struct bpf_parser_context *ctx) __ksym;
extern int bpf_parser_read(struct bpf_parser_context *ctx, __u32 buf, __u64 off, void *dst,
			   __u32 dst__sz) __ksym;
extern int bpf_buffer_parser(void *buf, __u32 size, struct bpf_parser_context *ctx) __ksym;

struct command {
	__u16 cmd;
	__u8 subcmd, pipeline_flag;
	__u32 payload_len;
	__u16 num_chunks;
} __attribute__((packed));

struct by_reference {
	struct command hdr;
	__u16 type;
	__u32 len;
	__u32 buf, flags;
	__u64 off, size;
} __attribute__((packed));

struct section {
	__u64 name;
	__u32 vsize, va, rsize, off;
	__u32 rest[4];
};

#endif
