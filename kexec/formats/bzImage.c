// SPDX-License-Identifier: GPL-2.0-or-later
/* x86 bzImage: Documentation/arch/x86/boot.rst, FORMATS.md section 4. */
#include <errno.h>
#include <string.h>

#include "kexec/formats/formats.h"
#include "lib/limits.h"
#include "lib/span.h"

/* The setup header ends before this in every version of the protocol. */
#define HEAD_SIZE        0x300
#define SECTOR           512
#define SETUP_SECTS      0x1f1 /* and start of the setup header */
#define SYSSIZE          0x1f4 /* 16-byte units */
#define BOOT_FLAG        0x1fe
#define HEADER_LEN       0x201 /* second byte of a jump across the header, from 0x202 */
#define HEADER_MAGIC     0x202
#define VERSION          0x206
#define LOADFLAGS        0x211
#define KERNEL_ALIGNMENT 0x230
#define RELOCATABLE      0x234
#define MIN_ALIGNMENT    0x235
#define XLOADFLAGS       0x236
#define CMDLINE_SIZE     0x238
#define PAYLOAD_OFF      0x248
#define PAYLOAD_LEN      0x24c
#define PREF_ADDRESS     0x258
#define INIT_SIZE        0x260
#define LOADED_HIGH      0x01
#define MIN_VERSION      0x20c /* xloadflags */
#define DEFAULT_SETUP    4
#define PAGE             4096

struct setup {
	uint64_t syssize; /* length of the protected-mode code, bytes, rounded up to 16 */
	uint8_t loadflags;
	struct bzImage_facts facts;
	uint32_t payload_off, payload_len; /* from the protected-mode code */
};

static void read_facts(struct bzImage_facts *f, struct span h, uint64_t file_size)
{
	uint8_t sects = 0, jump = 0, relocatable = 0;

	span_get(&sects, h, SETUP_SECTS, sizeof(sects));
	span_get(&jump, h, HEADER_LEN, sizeof(jump));
	span_get(&relocatable, h, RELOCATABLE, sizeof(relocatable));
	span_get(&f->min_alignment, h, MIN_ALIGNMENT, sizeof(f->min_alignment));
	span_le16(h, VERSION, &f->version);
	span_le16(h, XLOADFLAGS, &f->xloadflags);
	span_le32(h, KERNEL_ALIGNMENT, &f->kernel_alignment);
	span_le32(h, CMDLINE_SIZE, &f->cmdline_size);
	span_le64(h, PREF_ADDRESS, &f->pref_address);
	span_le32(h, INIT_SIZE, &f->init_size);
	f->relocatable = relocatable != 0;
	f->code_off = ((uint64_t)(sects ? sects : DEFAULT_SETUP) + 1) * SECTOR;
	f->code_len = file_size > f->code_off ? file_size - f->code_off : 0;
	f->header_off = SETUP_SECTS;
	f->header_end = HEADER_MAGIC + jump;
}

static int read_setup(struct setup *ret, const struct extent *image, struct why *w)
{
	unsigned char head[HEAD_SIZE];
	struct span h = { head, 0 };
	struct setup s = { 0 };
	uint32_t units = 0;
	int n = extent_head(image, head, sizeof(head), w);

	if (n < 0)
		return n;
	h.size = n;
	if (!span_is(h, HEADER_MAGIC, "HdrS", 4) || !span_is(h, BOOT_FLAG, "\x55\xaa", 2))
		return -ENOEXEC;
	if (h.size < HEAD_SIZE)
		return why(w, -EBADMSG, "bzImage ends inside its setup header");

	span_le32(h, SYSSIZE, &units);
	span_get(&s.loadflags, h, LOADFLAGS, sizeof(s.loadflags));
	span_le32(h, PAYLOAD_OFF, &s.payload_off);
	span_le32(h, PAYLOAD_LEN, &s.payload_len);
	s.syssize = (uint64_t)units * 16;
	read_facts(&s.facts, h, image->len);
	*ret = s;
	return 0;
}

static int check_kind(const struct setup *s, struct why *w)
{
	if (s->facts.version < MIN_VERSION)
		return why(w, -EOPNOTSUPP, "bzImage uses boot protocol %u.%02u, 2.12 is needed",
			   s->facts.version >> 8, s->facts.version & 0xff);
	if (!(s->loadflags & LOADED_HIGH))
		return why(w, -EOPNOTSUPP, "is a zImage, expected a bzImage");
	if (!(s->facts.xloadflags & BZIMAGE_KERNEL_64))
		return why(w, -EOPNOTSUPP, "bzImage is a 32-bit kernel");
	if (!(s->facts.xloadflags & BZIMAGE_ABOVE_4G))
		return why(w, -EOPNOTSUPP, "bzImage cannot be loaded above 4 GiB");
	return 0;
}

static int check_sizes(const struct setup *s, struct why *w)
{
	uint64_t have = s->facts.code_len;

	if (have == 0 || s->syssize > have)
		return why(w, -EBADMSG, "bzImage is cut: %llu bytes of kernel code, its header says %llu",
			   (unsigned long long)have, (unsigned long long)s->syssize);
	if (!range_fits(have, s->payload_off, s->payload_len))
		return why(w, -EBADMSG, "bzImage is cut: its compressed kernel ends behind the file");
	if (s->facts.init_size == 0 || s->facts.init_size > LIMIT_INIT_SIZE)
		return why(w, -EBADMSG, "bzImage header has init_size %#x", s->facts.init_size);
	if (s->facts.init_size < have)
		return why(w, -EBADMSG, "bzImage header has init_size %#x for %llu bytes of code",
			   s->facts.init_size, (unsigned long long)have);
	return 0;
}

static int bzImage_open(struct boot_image *img, struct why *w)
{
	struct setup s;
	int r = read_setup(&s, &img->kernel.bytes, w);

	if (r == 0)
		r = check_kind(&s, w);
	if (r == 0)
		r = check_sizes(&s, w);
	return r;
}

int bzImage_facts(struct bzImage_facts *ret, const struct extent *kernel, struct why *w)
{
	struct setup s;
	int r = read_setup(&s, kernel, w);

	if (r == 0)
		*ret = s.facts;
	return r;
}

uint64_t bzImage_alignment(const struct bzImage_facts *f)
{
	uint64_t align = f->kernel_alignment;

	if (align & (align - 1))
		return 0;
	return align < PAGE ? PAGE : align;
}

const struct file_type file_type_bzImage64 = {
	.name = "bzImage64",
	.label = "bzImage",
	.shape = BARE_KERNEL,
	.machine = "x86_64",
	.open = bzImage_open,
};
