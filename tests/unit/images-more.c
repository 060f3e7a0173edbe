/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/envelope-build.h"
#include "lib/crc32.h"
#include "tests/unit/images-more.h"

static void set_be32(struct bytes *b, size_t off, uint32_t value)
{
	bytes_set(b, off, 4, htobe32(value));
}

void uimage_update(struct bytes *image)
{
	bytes_set(image, UIMAGE_CRC, 4, 0);
	set_be32(image, UIMAGE_CRC, crc32_update(0, image->data, UIMAGE_HEAD));
}

void make_uimage(struct bytes *ret, unsigned char compression, struct span data)
{
	bytes_fill(ret, 0, UIMAGE_HEAD);
	set_be32(ret, 0, 0x27051956);
	set_be32(ret, UIMAGE_SIZE, data.size);
	set_be32(ret, UIMAGE_DATA_CRC, crc32_update(0, data.data, data.size));
	bytes_set(ret, UIMAGE_OS, 1, 5);
	bytes_set(ret, UIMAGE_TYPE, 1, 2);
	bytes_set(ret, UIMAGE_COMPRESSION, 1, compression);
	uimage_update(ret);
	bytes_add(ret, data.data, data.size);
}

void make_envelope(struct bytes *ret, struct span kernel, struct span initrd, const char *cmdline)
{
	struct envelope e;
	struct span names = envelope_names();

	assert_int_equal(envelope_build(&e, kernel.size, initrd.size, strlen(cmdline), NULL), 0);
	bytes_add(ret, &e.head, sizeof(e.head));
	bytes_add(ret, kernel.data, kernel.size);
	bytes_add(ret, initrd.data, initrd.size);
	bytes_fill(ret, 0, e.gap[0]);
	bytes_add(ret, cmdline, e.cmdline_size);
	bytes_fill(ret, 0, e.gap[1]);
	bytes_add(ret, names.data, names.size);
}

void make_riscv64_image(struct bytes *ret)
{
	MAKE_PE(ret, { ".text", TEXT("riscv64 code") });
	bytes_set(ret, PE_AT + 4, 2, 0x5064);
	bytes_set(ret, 16, 8, ret->size + 4096); /* image_size: with its .bss */
	bytes_put(ret, 0x30, "RISCV\0\0\0", 8);
	bytes_put(ret, 0x38, "RSC\x05", 4);
}

void make_loongarch64_image(struct bytes *ret)
{
	MAKE_PE(ret, { ".text", TEXT("loongarch64 code") });
	bytes_set(ret, PE_AT + 4, 2, 0x6264);
	bytes_set(ret, 16, 8, ret->size + 4096);
	bytes_set(ret, 0x38, 4, 0x818223cd);
}
