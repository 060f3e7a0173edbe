/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every parser program needs besides the command stream: the kernel
 * functions it may call, and little-endian reads.
 *
 * The rules for a program of type 1 (BPF_ABI.md has them in full): one
 * SEC("syscall") function, everything inlined into it, constants on the stack,
 * no globals, no constant arrays, no helpers, no maps.
 */
#ifndef PARSER_H
#define PARSER_H

#include "../kexec-bpf.h"

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))

struct bpf_parser_context;

extern struct bpf_parser_context *bpf_get_parser_context(unsigned long id);
extern void bpf_put_parser_context(struct bpf_parser_context *host);
extern int bpf_buffer_parser(void *buf, uint32_t size,
			    struct bpf_parser_context *host);
extern int bpf_parser_read(struct bpf_parser_context *host, uint32_t buf,
			  uint64_t off, void *dst, uint32_t size);

/*
 * may_goto of Linux 6.9: a loop that goes through it is one that ends, so that the
 * verifier looks at one round instead of at as many as there may be. The kernel
 * jumps after millions of rounds, which no table here has. clang learned the
 * instruction later than some that we build with, hence the bytes: opcode, no
 * registers, distance in instructions, no immediate.
 */
#define MAY_GOTO(label)                                                     \
	asm goto("1: .byte 0xe5, 0\n\t"                                     \
		 ".long ((%l[" #label "] - 1b - 8) / 8) & 0xffff\n\t"       \
		 ".short 0" : : : : label)

/* What a program may return; the numbers are Linux' own. */
#define ENOEXEC 8
#define E2BIG 7
#define EBADMSG 74

#endif /* PARSER_H */
