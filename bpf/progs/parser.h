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

/* Up to 8 characters, NUL padded: one integer, one comparison. */
#define NAME(a, b, c, d, e, f, g, h)					\
	((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 |	\
	 (uint64_t)(d) << 24 | (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | \
	 (uint64_t)(g) << 48 | (uint64_t)(h) << 56)

/* Reads the bytes of a variable at an offset of the image. */
#define READ(img, at, var) \
	bpf_parser_read((img)->host, 0, at, &(var), sizeof(var))

/* What to do with a kernel that starts with these two bytes. */
INLINE uint16_t kernel_cmd(uint16_t magic)
{
	switch (magic) {
	case 0x8b1f:		/* gzip */
	case 0xb528:		/* zstd */
	case 0x37fd:		/* xz */
	case 0x005d:		/* lzma */
	case 0x2102:		/* lz4, legacy frame */
	case 0x5a42:		/* bzip2 */
	case 0x4c89:		/* lzop */
		return KEXEC_BPF_DECOMPRESS;
	default:
		return KEXEC_BPF_COPY;
	}
}

/*
 * A part by reference: @len bytes of the image at @off, which must become @size
 * bytes when decompressed; 0 if the format does not say, or they are not packed.
 */
INLINE int emit_sized(struct bpf_parser_context *host, uint16_t cmd, uint8_t subcmd,
		      uint64_t off, uint64_t len, uint32_t size)
{
	struct kexec_bpf_ref_cmd c = {
		.hdr = {
			.cmd = cmd,
			.subcmd = subcmd,
			.payload_len = sizeof(c.chunk) + sizeof(c.ref),
			.num_chunks = 1,
		},
		.chunk = {
			.type = KEXEC_BPF_CHUNK_REF,
			.len = sizeof(c.ref),
		},
		.ref = { .size = size, .off = off, .len = len },
	};

	return bpf_buffer_parser(&c, sizeof(c), host);
}

INLINE int emit(struct bpf_parser_context *host, uint16_t cmd, uint8_t subcmd,
		uint64_t off, uint64_t len)
{
	return emit_sized(host, cmd, subcmd, off, len, 0);
}

INLINE int emit_done(struct bpf_parser_context *host)
{
	struct kexec_bpf_cmd_hdr c = { .cmd = KEXEC_BPF_DONE };

	return bpf_buffer_parser(&c, sizeof(c), host);
}

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
#define EOPNOTSUPP 95

#endif /* PARSER_H */
