// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parser program for unified kernel images.
 *
 * Reads what FORMATS.md, sections 1 and 2, describes and names the embedded
 * image of DESIGN.md: the base sections, overridden by those of profile @0,
 * as the stub boots by default. Never copies anything, only points at it.
 *
 * Returns 0 without DONE for what is not a UKI, and a negative errno for what
 * is one and broken: malformed headers, a section or the certificate table
 * outside the file or inside the headers, the same section twice in one profile,
 * an empty kernel, a kernel that is elsewhere (.linuxh).
 *
 * A word on the verifier, which would walk every path through the table as
 * often as it may have entries. MAY_GOTO tells it that the loop ends, so that one
 * turn is enough; it still tells apart what it knows apart. So the loop computes
 * what it can without branches, and what it accumulates starts from
 * ctx->reserved, which is 0 but which only the host knows.
 */
#include "parser.h"

/* Offsets from the PE signature, and from the optional header behind it. */
#define PE_NR_SECTIONS		6
#define PE_OPT_SIZE		20
#define PE_OPT			24
#define OPT_SIZE_OF_HEADERS	60
#define OPT_SUBSYSTEM		68
#define OPT_NR_DIRS		108
#define OPT_DIRS		112
#define OPT32_NR_DIRS		92
#define OPT32_DIRS		96
#define DIR_CERTS		4

#define MZ			0x5a4d
#define PE			0x00004550
#define PE32			0x10b
#define PE32PLUS		0x20b
#define EFI_APPLICATION		10

struct section {
	uint64_t name;
	uint32_t virtual_size;
	uint32_t virtual_address;
	uint32_t raw_size;
	uint32_t raw_off;
	uint32_t rest[4];
};

struct image {
	struct bpf_parser_context *host;
	uint64_t size;
	uint64_t table;			/* offset of the section table */
	uint32_t nr_sections;
	uint32_t headers;		/* SizeOfHeaders */
	uint32_t zero;			/* see above */
};

/* The section that counts for a part; len is 0 if it is absent or empty. */
struct part {
	uint32_t virtual_size, raw_size;
	uint64_t off, len;
};

/* What a walk over the section table has found. */
struct found {
	struct part linux, linuxh, ucode, initrd, cmdline;
	uint64_t bad;			/* not 0: malformed */
	uint32_t seen;			/* names, as bits, of this slice */
	uint32_t slice;			/* 0: base, 1: @0, 2: @1, .. */
};

/* 1: a PE32+ EFI application, @img filled; 0: something else; or -errno. */
INLINE int read_headers(struct image *img)
{
	uint16_t magic, nr, opt_size, subsystem;
	uint32_t pe, sig, nr_dirs, cert[2];

	if (img->size < 0x40 || READ(img, 0, magic) || magic != MZ)
		return 0;
	if (READ(img, 0x3c, pe) || READ(img, pe, sig) || sig != PE)
		return 0;
	if (pe < 0x40)
		return -EBADMSG;	/* it is in the header before it */

	const uint64_t opt = (uint64_t)pe + PE_OPT;

	if (READ(img, opt, magic) || magic != PE32PLUS)
		return 0;
	if (READ(img, opt + OPT_SUBSYSTEM, subsystem) ||
	    subsystem != EFI_APPLICATION)
		return 0;

	if (READ(img, (uint64_t)pe + PE_NR_SECTIONS, nr) ||
	    READ(img, (uint64_t)pe + PE_OPT_SIZE, opt_size) ||
	    READ(img, opt + OPT_SIZE_OF_HEADERS, img->headers) ||
	    READ(img, opt + OPT_NR_DIRS, nr_dirs))
		return -EBADMSG;
	if (nr > KEXEC_BPF_MAX_SECTIONS)
		return -E2BIG;

	/*
	 * Authenticode finds the section table behind the directories, loaders
	 * find it behind the optional header: the two must be one place, and
	 * inside the headers, which are hashed.
	 */
	if (nr_dirs > 16 || opt_size != OPT_DIRS + nr_dirs * 8)
		return -EBADMSG;

	img->nr_sections = nr;
	img->table = opt + opt_size;
	if (img->headers > img->size ||
	    img->table + (uint64_t)nr * sizeof(struct section) > img->headers)
		return -EBADMSG;

	/* Under no signature, so this may refuse and decides nothing else. */
	if (nr_dirs > DIR_CERTS) {
		if (READ(img, opt + OPT_DIRS + DIR_CERTS * sizeof(cert), cert))
			return -EBADMSG;
		if (cert[1] && (cert[0] < img->headers ||
				(uint64_t)cert[0] + cert[1] > img->size))
			return -EBADMSG;
	}
	return 1;
}

/* 1 if @a < @b, without a branch; both are below 2^63. */
INLINE uint64_t less(uint64_t a, uint64_t b)
{
	uint64_t diff = a - b;

	/* Or else the compiler makes a comparison of it again. */
	asm volatile("" : "+r"(diff));
	return diff >> 63;
}

/* Takes @s for @part if it is in the base or in @0, which comes later. */
INLINE void take(struct part *part, const struct section *s, uint32_t slice)
{
	uint64_t use = -less(slice, 2);		/* all bits or none */

	part->virtual_size = (part->virtual_size & ~use) | (s->virtual_size & use);
	part->raw_size = (part->raw_size & ~use) | (s->raw_size & use);
	part->off = (part->off & ~use) | (s->raw_off & use);
}

/* Counts the name and, if it is that of a part, takes the section. */
INLINE void note(struct found *f, const struct section *s, uint32_t zero)
{
	uint32_t bit;

	switch (s->name) {
	case NAME('.', 'p', 'r', 'o', 'f', 'i', 'l', 'e'):
		f->slice++;
		f->seen = zero;
		return;
	case NAME('.', 'l', 'i', 'n', 'u', 'x', 0, 0):
		take(&f->linux, s, f->slice);
		bit = 1 << 0;
		break;
	case NAME('.', 'u', 'c', 'o', 'd', 'e', 0, 0):
		take(&f->ucode, s, f->slice);
		bit = 1 << 1;
		break;
	case NAME('.', 'i', 'n', 'i', 't', 'r', 'd', 0):
		take(&f->initrd, s, f->slice);
		bit = 1 << 2;
		break;
	case NAME('.', 'c', 'm', 'd', 'l', 'i', 'n', 'e'):
		take(&f->cmdline, s, f->slice);
		bit = 1 << 3;
		break;
	case NAME('.', 'o', 's', 'r', 'e', 'l', 0, 0):
		bit = 1 << 4;
		break;
	case NAME('.', 's', 'p', 'l', 'a', 's', 'h', 0):
		bit = 1 << 5;
		break;
	case NAME('.', 'd', 't', 'b', 0, 0, 0, 0):
		bit = 1 << 6;
		break;
	case NAME('.', 'h', 'w', 'i', 'd', 's', 0, 0):
		bit = 1 << 7;
		break;
	case NAME('.', 'u', 'n', 'a', 'm', 'e', 0, 0):
		bit = 1 << 8;
		break;
	case NAME('.', 's', 'b', 'a', 't', 0, 0, 0):
		bit = 1 << 9;
		break;
	case NAME('.', 'p', 'c', 'r', 's', 'i', 'g', 0):
		bit = 1 << 10;
		break;
	case NAME('.', 'p', 'c', 'r', 'p', 'k', 'e', 'y'):
		bit = 1 << 11;
		break;
	case NAME('.', 'l', 'i', 'n', 'u', 'x', 'h', 0):
		take(&f->linuxh, s, f->slice);
		bit = 1 << 12;
		break;
	default:
		return;
	}
	f->bad |= f->seen & bit;
	f->seen |= bit;
}

/*
 * Walks the section table. Every header is checked on the way, so that an image
 * with a bad section is refused even where nobody wants that section.
 */
INLINE int find_parts(const struct image *img, struct found *f)
{
	struct section s;

#pragma clang loop unroll(disable)
	for (uint32_t i = img->zero; i < img->nr_sections; i++) {
		MAY_GOTO(out);
		if (READ(img, img->table + i * sizeof(s), s))
			return -EBADMSG;
		/* A section with bytes in the file has them behind the headers. */
		f->bad |= less(0, s.raw_size) &
			  (less(s.raw_off, img->headers) |
			   less(img->size, (uint64_t)s.raw_off + s.raw_size));
		note(f, &s, img->zero);
	}
	return f->bad ? -EBADMSG : 0;
out:
	return -E2BIG;
}

INLINE void set_len(struct part *part)
{
	part->len = part->virtual_size < part->raw_size ? part->virtual_size :
							  part->raw_size;
}

/*
 * An inner PE file ends where its certificate table ends; what lies behind is
 * padding of the outer section and would spoil its digest.
 */
INLINE int cut_at_certs(const struct image *img, struct part *kernel)
{
	uint64_t opt, dirs, cert_end;
	uint32_t pe, sig, nr_dirs, cert[2];
	uint16_t magic;

	if (kernel->len < 0x40 || READ(img, kernel->off + 0x3c, pe))
		return 0;
	if (pe > kernel->len || kernel->len - pe < PE_OPT + OPT_DIRS)
		return 0;
	if (READ(img, kernel->off + pe, sig) || sig != PE)
		return 0;

	opt = (uint64_t)pe + PE_OPT;
	if (READ(img, kernel->off + opt, magic))
		return -EBADMSG;
	if (magic == PE32PLUS)
		dirs = OPT_DIRS;
	else if (magic == PE32)
		dirs = OPT32_DIRS;
	else
		return 0;

	/* The number of directories stands in front of them, in both kinds. */
	if (READ(img, kernel->off + opt + dirs - 4, nr_dirs))
		return -EBADMSG;
	if (nr_dirs <= DIR_CERTS)
		return 0;
	dirs += opt + DIR_CERTS * sizeof(cert);
	if (dirs > kernel->len || kernel->len - dirs < sizeof(cert) ||
	    READ(img, kernel->off + dirs, cert))
		return -EBADMSG;
	if (!cert[0] || !cert[1])
		return 0;
	cert_end = (uint64_t)cert[0] + cert[1];
	if (cert_end > kernel->len)
		return -EBADMSG;
	kernel->len = cert_end;
	return 0;
}

INLINE int emit_kernel(const struct image *img, struct part *kernel)
{
	uint16_t cmd, magic;
	int ret;

	set_len(kernel);
	if (kernel->len < sizeof(magic) || READ(img, kernel->off, magic))
		return -EBADMSG;

	cmd = kernel_cmd(magic);
	if (magic == MZ) {
		ret = cut_at_certs(img, kernel);
		if (ret)
			return ret;
	}
	return emit(img->host, cmd, KEXEC_BPF_KERNEL, kernel->off, kernel->len);
}

INLINE int emit_part(const struct image *img, uint8_t subcmd,
		     struct part *part)
{
	set_len(part);
	if (!part->len)
		return 0;
	return emit(img->host, KEXEC_BPF_COPY, subcmd, part->off, part->len);
}

INLINE int parse(struct image *img, struct found *f)
{
	int ret;

	ret = read_headers(img);
	if (ret <= 0)
		return ret;
	ret = find_parts(img, f);
	if (ret)
		return ret;
	set_len(&f->linuxh);
	if (f->linuxh.len)
		return -EBADMSG;
	if (!f->linux.virtual_size)
		return 0;		/* a PE file, but not a UKI */

	ret = emit_kernel(img, &f->linux);
	if (!ret)
		ret = emit_part(img, KEXEC_BPF_INITRD, &f->ucode);
	if (!ret)
		ret = emit_part(img, KEXEC_BPF_INITRD, &f->initrd);
	if (!ret)
		ret = emit_part(img, KEXEC_BPF_CMDLINE, &f->cmdline);
	return ret ?: emit_done(img->host);
}

SEC("syscall") int parse_uki(struct kexec_bpf_ctx *ctx)
{
	struct image img = {
		.size = ctx->buf_size[0],
		.zero = ctx->reserved,
	};
	struct part none = {
		.virtual_size = img.zero, .raw_size = img.zero, .off = img.zero,
	};
	struct found found = {
		.linux = none, .linuxh = none, .ucode = none, .initrd = none,
		.cmdline = none,
		.bad = img.zero, .seen = img.zero, .slice = img.zero,
	};
	int ret;

	img.host = bpf_get_parser_context(ctx->parser_id);
	if (!img.host)
		return -ENOEXEC;
	ret = parse(&img, &found);
	bpf_put_parser_context(img.host);
	return ret;
}

SEC("license") const char gpl[] = "GPL";
