// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/initrd.h"

void add_initrd(struct boot_image *img, uint64_t size)
{
	struct extent bytes;
	struct blob file;

	if (!size)
		return;
	assert_int_equal(blob_memfd(&file, "initrd", NULL), 0);
	file.size = size;
	assert_int_equal(ftruncate(file.fd, (off_t)size), 0);
	assert_int_equal(boot_image_own(img, &file, &bytes, NULL), 0);
	assert_int_equal(boot_image_add_initrd(img, &bytes, "test", NULL), 0);
}
