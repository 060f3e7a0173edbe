/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file opened as kexec opens it, or as one format only (-t): what a consumer relies
 * on holds.
 */
#ifndef TESTS_FUZZ_FORMAT_H
#define TESTS_FUZZ_FORMAT_H

#include <string.h>

#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "kexec/load-file.h"
#include "tests/fuzz/fuzz.h"

static inline void check_part(const struct extent *e)
{
	PROMISE(range_fits(e->blob->size, e->off, e->len) && e->len > 0);
}

static inline void check_image(const struct boot_image *img)
{
	PROMISE(img->nr_layers > 0 && img->nr_layers <= LIMIT_LAYERS);
	PROMISE(img->layers[img->nr_layers - 1]->shape == BARE_KERNEL);
	check_part(&img->kernel.bytes);
	PROMISE(img->nr_initrd <= 2);
	for (size_t i = 0; i < img->nr_initrd; i++)
		check_part(&img->initrd[i].bytes);
	PROMISE(!img->cmdline || (img->cmdline[0] && strlen(img->cmdline) <= LIMIT_CMDLINE));
	if (img->parser.blob)
		check_part(&img->parser);
	for (unsigned int i = 0; arch_row(i); i++) {
		arch_row(i)->cmdline_max(img, false);
		arch_row(i)->memory_size(img);
		load_file_route(img, arch_row(i));
	}
}

/* @type NULL: whatever it is. */
static inline int fuzz_format(const uint8_t *data, size_t size, const struct file_type *type)
{
	autoblob struct blob b = { 0 };
	autoimage struct boot_image img = { 0 };

	if (blob_copy(&b, (struct span){ data, size }, "input", NULL) < 0 ||
	    file_type_open(&img, &b, type, NULL) < 0)
		return 0;
	check_image(&img);
	/* Compressed or not: it was what was asked for. */
	PROMISE(!type || img.layers[0] == type ||
		(img.nr_layers > 1 && img.layers[0] == &file_type_compressed));
	return 0;
}

#endif
