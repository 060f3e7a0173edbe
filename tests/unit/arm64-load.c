// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "tests/unit/arm64-load.h"
#include "tests/unit/initrd.h"

void make_arm64_load(struct boot_image *ret, uint64_t initrd_size, uint64_t text_offset)
{
	autobytes struct bytes image = { 0 };
	struct blob b;

	make_arm64_image(&image);
	bytes_set(&image, 8, 8, text_offset);
	bytes_set(&image, 16, 8, KERNEL_SIZE);
	b = bytes_blob(&image);
	assert_int_equal(boot_image_own(ret, &b, &ret->kernel.bytes, NULL), 0);
	ret->layers[0] = &file_type_arm64_image;
	ret->nr_layers = 1;
	add_initrd(ret, initrd_size);
	assert_int_equal(boot_image_set_cmdline(ret, "quiet", 5, "test", NULL), 0);
}

struct kexec_options arm64_options(void)
{
	return (struct kexec_options){ .mem_max = UINT64_MAX, .no_checks = true };
}

const struct segment *segment_named(const struct segments *s, const char *name)
{
	for (size_t i = 0; i < s->nr; i++)
		if (strcmp(s->list[i].name, name) == 0)
			return &s->list[i];
	fail_msg("no segment %s", name);
	return NULL;
}
