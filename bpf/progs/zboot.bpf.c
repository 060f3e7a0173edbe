// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parser program for zboot images, EFI programs around one compressed kernel,
 * and for the ELF envelope that may be around those.
 *
 * The formats are those of FORMATS.md, section 3, and BPF_ABI.md, "The ELF
 * envelope". The program takes what kexec/formats/zboot.c and envelope.c take.
 * It names bytes and copies none.
 *
 * Returns 0 without DONE for what is neither, and a negative errno for what is
 * one of them and broken. On loops and the verifier see uki.bpf.c.
 */
#include "parser.h"

struct image {
	struct bpf_parser_context *host;
	uint64_t size;
	uint32_t zero;			/* which only the host knows */
};

/*
 * zboot
 */

#define HEADER_SIZE	64
#define MZ		0x5a4d
#define ZIMG		0x676d697a
#define ZBOOT_MAGIC	4
#define ZBOOT_PAYLOAD	8
#define ZBOOT_CODEC	24
#define TRAILER		4		/* bytes: size of the unpacked kernel */

/* Bare kernels have these where a zboot has other things. */
#define KIND		0x38
#define ARM64		0x644d5241	/* "ARM\x64" */
#define RISCV64		0x05435352	/* "RSC\x05" */
#define SETUP_FLAG	0x1fe
#define SETUP_MAGIC	0x202
#define HDRS		0x53726448

#define GZIP NAME('g', 'z', 'i', 'p', 0, 0, 0, 0)

/* 1 if a more specific format than zboot, or none of the kind. */
INLINE int is_other(const struct image *img)
{
	uint32_t magic, kind, setup;
	uint16_t mz, flag;

	if (img->size < HEADER_SIZE || READ(img, 0, mz) || mz != MZ ||
	    READ(img, ZBOOT_MAGIC, magic) || magic != ZIMG)
		return 1;
	if (READ(img, KIND, kind) || kind == ARM64 || kind == RISCV64)
		return 1;
	return !READ(img, SETUP_FLAG, flag) && flag == 0xaa55 &&
	       !READ(img, SETUP_MAGIC, setup) && setup == HDRS;
}

/* Is the kernel at @off packed in the way that the header names? */
INLINE int check_codec(const struct image *img, uint64_t name, uint64_t off)
{
	uint64_t magic, want, mask;

	switch (name) {
	case GZIP:
		want = 0x088b1f;
		mask = 0xffffff;
		break;
	case NAME('l', 'z', '4', 0, 0, 0, 0, 0):
		want = 0x184c2102;
		mask = 0xffffffff;
		break;
	case NAME('l', 'z', 'm', 'a', 0, 0, 0, 0):
		want = 0x00005d;
		mask = 0xffffff;
		break;
	case NAME('l', 'z', 'o', 0, 0, 0, 0, 0):
		want = 0x1a0a0d004f5a4c89;
		mask = ~0ull;
		break;
	case NAME('x', 'z', 0, 0, 0, 0, 0, 0):
	case NAME('x', 'z', 'k', 'e', 'r', 'n', 0, 0):
		want = 0x005a587a37fd;
		mask = 0xffffffffffff;
		break;
	case NAME('z', 's', 't', 'd', 0, 0, 0, 0):
	case NAME('z', 's', 't', 'd', '2', '2', 0, 0):
		want = 0xfd2fb528;
		mask = 0xffffffff;
		break;
	default:
		return -EOPNOTSUPP;
	}
	/* Shorter than that is no packed kernel. */
	if (READ(img, off, magic) || (magic & mask) != want)
		return -EBADMSG;
	return 0;
}

INLINE int parse_zboot(const struct image *img)
{
	uint32_t payload[2], unpacked;	/* offset and size */
	uint64_t name[4], end;
	int ret;

	if (READ(img, ZBOOT_PAYLOAD, payload) || READ(img, ZBOOT_CODEC, name))
		return -EBADMSG;
	if (name[1] || name[2] || name[3])
		return -EOPNOTSUPP;
	end = (uint64_t)payload[0] + payload[1];
	if (payload[1] <= TRAILER || end > img->size)
		return -EBADMSG;
	ret = check_codec(img, name[0], payload[0]);
	if (ret)
		return ret;

	/* gzip ends in that number by itself, and the size counts it. */
	if (READ(img, name[0] == GZIP ? end - TRAILER : end, unpacked))
		return -EBADMSG;
	if (!unpacked)
		return -EBADMSG;
	if (unpacked > KEXEC_BPF_MAX_DECOMPRESSED)
		return -E2BIG;
	ret = emit_sized(img->host, KEXEC_BPF_DECOMPRESS, KEXEC_BPF_KERNEL,
			 payload[0], payload[1], unpacked);
	return ret ?: emit_done(img->host);
}

/*
 * The ELF envelope
 */

#define ELF64_LE	0x0102464c457f	/* magic, class, order */
#define ET_EXEC		2
#define SHT_PROGBITS	1
#define SHT_STRTAB	3
#define MAX_SECTIONS	64
#define MAX_NAMES	4096

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_section {
	uint32_t name, type;
	uint64_t flags, addr, off, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};

struct part {
	uint64_t off, len;
	uint64_t seen;			/* 0 or 1 */
};

struct found {
	struct part kernel, initrd, cmdline;
	uint64_t bad;			/* not 0: malformed */
};

struct names {
	uint64_t off, len;
};

/* 1 if @a < @b, without a branch; both are below 2^63. */
INLINE uint64_t less(uint64_t a, uint64_t b)
{
	uint64_t diff = a - b;

	/* Or else the compiler makes a comparison of it again. */
	asm volatile("" : "+r"(diff));
	return diff >> 63;
}

/* 1 if the @len bytes at @off are not inside @size bytes, whatever the numbers. */
INLINE uint64_t outside(uint64_t off, uint64_t len, uint64_t size)
{
	return (off | len) >> 63 | less(size, off) | less(size - off, len);
}

INLINE void take(struct found *f, struct part *part, const struct elf_section *s,
		 uint64_t size)
{
	f->bad |= part->seen | (s->type ^ SHT_PROGBITS) | outside(s->off, s->size, size);
	part->off = s->off;
	part->len = s->size;
	part->seen = 1;
}

/* Which section @s is says its name, which must begin inside the names. */
INLINE void note(const struct image *img, struct found *f, const struct names *names,
		 const struct elf_section *s)
{
	uint64_t name;
	uint8_t end;

	f->bad |= less(s->name, names->len) ^ 1;
	/* Names end inside the table: one that does not have 8 bytes is none of ours. */
	if (READ(img, names->off + s->name, name))
		return;
	if (name == NAME('.', 'k', 'e', 'r', 'n', 'e', 'l', 0))
		take(f, &f->kernel, s, img->size);
	else if (name == NAME('.', 'i', 'n', 'i', 't', 'r', 'd', 0))
		take(f, &f->initrd, s, img->size);
	else if (name == NAME('.', 'c', 'm', 'd', 'l', 'i', 'n', 'e') &&
		 !READ(img, names->off + s->name + sizeof(name), end) && !end)
		take(f, &f->cmdline, s, img->size);
}

INLINE int read_names(const struct image *img, const struct elf_header *eh, struct names *names)
{
	struct elf_section s;
	uint8_t last;

	if (eh->shstrndx >= eh->shnum ||
	    READ(img, eh->shoff + eh->shstrndx * sizeof(s), s))
		return -EBADMSG;
	if (s.type != SHT_STRTAB || !s.size || s.size > MAX_NAMES ||
	    outside(s.off, s.size, img->size))
		return -EBADMSG;
	if (READ(img, s.off + s.size - 1, last) || last)
		return -EBADMSG;
	names->off = s.off;
	names->len = s.size;
	return 0;
}

/* 1: an envelope, whose parts are in @f; 0: something else. */
INLINE int find_parts(const struct image *img, struct found *f)
{
	struct elf_section s;
	struct elf_header eh;
	struct names names;
	uint64_t ident;
	int ret;

	if (READ(img, 0, eh) || READ(img, 0, ident) || (ident & 0xffffffffffff) != ELF64_LE ||
	    eh.type != ET_EXEC || eh.phnum || !eh.shnum)
		return 0;
	if (eh.shentsize != sizeof(s))
		return -EBADMSG;
	if (eh.shnum > MAX_SECTIONS)
		return -E2BIG;
	if (outside(eh.shoff, eh.shnum * sizeof(s), img->size))
		return -EBADMSG;
	ret = read_names(img, &eh, &names);
	if (ret)
		return ret;

#pragma clang loop unroll(disable)
	for (uint32_t i = img->zero + 1; i < eh.shnum; i++) {
		MAY_GOTO(out);
		if (READ(img, eh.shoff + i * sizeof(s), s))
			return -EBADMSG;
		note(img, f, &names, &s);
	}
	if (f->bad)
		return -EBADMSG;
	return f->kernel.seen != 0;
out:
	return -E2BIG;
}

INLINE int emit_part(const struct image *img, uint8_t subcmd, const struct part *part)
{
	if (!part->len)
		return 0;
	return emit(img->host, KEXEC_BPF_COPY, subcmd, part->off, part->len);
}

INLINE int emit_kernel(const struct image *img, const struct part *kernel)
{
	uint16_t magic;

	if (!kernel->len || READ(img, kernel->off, magic))
		return -EBADMSG;
	return emit(img->host, kernel_cmd(magic), KEXEC_BPF_KERNEL, kernel->off,
		    kernel->len);
}

INLINE int parse_envelope(const struct image *img, struct found *f)
{
	int ret = find_parts(img, f);

	if (ret <= 0)
		return ret;
	if (f->cmdline.len > KEXEC_BPF_MAX_CMDLINE + 1)
		return -E2BIG;
	ret = emit_kernel(img, &f->kernel);
	if (!ret)
		ret = emit_part(img, KEXEC_BPF_INITRD, &f->initrd);
	if (!ret)
		ret = emit_part(img, KEXEC_BPF_CMDLINE, &f->cmdline);
	return ret ?: emit_done(img->host);
}

SEC("syscall") int parse_zboot_or_envelope(struct kexec_bpf_ctx *ctx)
{
	struct image img = {
		.size = ctx->buf_size[0],
		.zero = ctx->reserved,
	};
	struct part none = { .off = img.zero, .len = img.zero, .seen = img.zero };
	struct found found = {
		.kernel = none, .initrd = none, .cmdline = none, .bad = img.zero,
	};
	int ret;

	img.host = bpf_get_parser_context(ctx->parser_id);
	if (!img.host)
		return -ENOEXEC;
	ret = is_other(&img) ? parse_envelope(&img, &found) : parse_zboot(&img);
	bpf_put_parser_context(img.host);
	return ret;
}

SEC("license") const char gpl[] = "GPL";
