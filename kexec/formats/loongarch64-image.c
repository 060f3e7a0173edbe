// SPDX-License-Identifier: GPL-2.0-or-later
/* loongarch64 vmlinux.efi: Documentation/arch/loongarch/booting.rst. */
#include <errno.h>

#include "kexec/formats/formats.h"
#include "kexec/formats/pe.h"
#include "lib/limits.h"
#include "lib/span.h"

#define HEAD_SIZE   64
#define ZBOOT_MAGIC 4
#define IMAGE_SIZE  16
#define EFI_MAGIC   0x38 /* every EFI image of Linux has it; UKIs have not */
#define PE_OFFSET   0x3c
#define PE_MACHINE  4 /* from the signature */

/* Does the PE header at @at name loongarch64? */
static bool is_loongarch64(const struct extent *image, uint32_t at)
{
	unsigned char head[PE_MACHINE + 2];
	struct extent pe;
	uint16_t machine = 0;

	if (!extent_sub(&pe, image, at, sizeof(head)) ||
	    extent_read(&pe, 0, head, sizeof(head), NULL) < 0 ||
	    !span_is((struct span){ head, sizeof(head) }, 0, "PE\0", 4))
		return false;
	span_le16((struct span){ head, sizeof(head) }, PE_MACHINE, &machine);
	return machine == PE_MACHINE_LOONGARCH64;
}

static int loongarch64_image_open(struct boot_image *img, struct why *w)
{
	unsigned char head[HEAD_SIZE];
	struct span h = { head, 0 };
	uint64_t image_size = 0;
	uint32_t pe = 0;
	int n = extent_head(&img->kernel.bytes, head, sizeof(head), w);

	if (n < 0)
		return n;
	h.size = n;
	if (!span_is(h, 0, "MZ", 2) || !span_is(h, EFI_MAGIC, "\xcd\x23\x82\x81", 4) ||
	    span_is(h, ZBOOT_MAGIC, "zimg", 4) || !span_le32(h, PE_OFFSET, &pe) ||
	    !is_loongarch64(&img->kernel.bytes, pe))
		return -ENOEXEC;
	span_le64(h, IMAGE_SIZE, &image_size);
	if (image_size < img->kernel.bytes.len || image_size > LIMIT_DECOMPRESSED)
		return why(w, -EBADMSG, "loongarch64 image of %llu bytes says that it needs %llu",
			   (unsigned long long)img->kernel.bytes.len,
			   (unsigned long long)image_size);
	return 0;
}

const struct file_type file_type_loongarch64_image = {
	.name = "pei-loongarch",
	.label = "loongarch64 image",
	.shape = BARE_KERNEL,
	.machine = "loongarch64",
	.open = loongarch64_image_open,
};
