/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any file at all, opened as kexec opens it: what a consumer relies on holds. */
#include <string.h>

#include "kexec/file-type.h"
#include "kexec/load-file.h"
#include "tests/fuzz/fuzz.h"

static void check_part(const struct extent *e)
{
	PROMISE(range_fits(e->blob->size, e->off, e->len) && e->len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoblob struct blob b = { 0 };
	autoimage struct boot_image img = { 0 };

	if (blob_copy(&b, (struct span){ data, size }, "input", NULL) < 0 ||
	    file_type_open(&img, &b, NULL, NULL) < 0)
		return 0;
	PROMISE(img.nr_layers > 0 && img.nr_layers <= LIMIT_NESTING + 1);
	PROMISE(img.layers[img.nr_layers - 1]->shape == BARE_KERNEL);
	check_part(&img.kernel.bytes);
	PROMISE(img.nr_initrd <= 2);
	for (size_t i = 0; i < img.nr_initrd; i++)
		check_part(&img.initrd[i].bytes);
	PROMISE(!img.cmdline || (img.cmdline[0] && strlen(img.cmdline) <= LIMIT_CMDLINE));
	if (img.parser.blob)
		check_part(&img.parser);
	for (unsigned int i = 0; arch_row(i); i++) {
		arch_row(i)->cmdline_max(&img, false);
		arch_row(i)->memory_size(&img);
		load_file_route(&img, arch_row(i));
	}
	return 0;
}
