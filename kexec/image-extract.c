// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec-image extract */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/extract.h"
#include "kexec/image.h"
#include "lib/blob.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/progress.h"

const char image_extract_help[] =
	"Usage: kexec-image extract [OPTION...] FILE\n\n"
	"Writes what is inside FILE to files of their own: the sections of the EFI program\n"
	"as section.NAME, and what kexec would boot as kernel, initrd, cmdline and dtb, all\n"
	"layers unpacked. Prints a line for each.\n\n"
	"  -C, --directory=DIR   write to the folder DIR, which must be there\n"
	"  --section=NAME        this section only; NAME@N is the one in profile N, NAME.N\n"
	"                        the Nth of that name\n"
	"  --part=PART           this part only: kernel, initrd, cmdline or dtb\n"
	"  --help                show this text\n\n"
	"Exit codes: 0 done; 1 refused, or there is no such section or part; 2 reading or\n"
	"writing failed.\n";

struct arguments {
	const char *file, *dir;
	struct extract_request request;
	bool help;
};

static int parse_arguments(struct arguments *ret, int argc, char **argv)
{
	const struct image_option options[] = {
		{ "directory", 'C', .value = &ret->dir },
		{ "section", .value = &ret->request.section },
		{ "part", .value = &ret->request.part },
	};
	int first = image_options(argc, argv, options, ARRAY_SIZE(options), &ret->help);

	if (first < 0 || ret->help)
		return first < 0 ? first : 0;
	if (argc - first != 1)
		return -EINVAL;
	ret->file = argv[first];
	return 0;
}

struct outputs {
	struct out_file files[EXTRACT_ITEMS];
	size_t nr;
};

/* In reverse: each has kept the signals' state as it found it. */
static void outputs_done(struct outputs *o)
{
	while (o->nr > 0)
		out_file_done(&o->files[--o->nr]);
}

/* All are complete before the first gets its name, so that an error leaves none. */
static int write_all(struct outputs *o, const struct extract *x, const char *dir, struct why *w)
{
	const struct blob *const inputs[] = { x->img.blobs[0] };
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->nr; i++) {
		r = out_file_create_in(&o->files[i], dir, x->items[i].name, inputs,
				       ARRAY_SIZE(inputs), w);
		if (r < 0)
			return r;
		o->nr++;
		extract_write(&o->files[i], x, i);
		r = out_file_check(&o->files[i], w);
	}
	for (size_t i = 0; r == 0 && i < x->nr; i++)
		r = out_file_commit(&o->files[i], w);
	return r;
}

static enum image_exit write_files(const struct extract *x, const struct arguments *a)
{
	__attribute__((cleanup(outputs_done))) struct outputs o = { 0 };
	struct why w = { 0 };

	if (write_all(&o, x, a->dir, &w) < 0)
		return image_failed(NULL, &w);
	for (size_t i = 0; i < x->nr; i++)
		printf("%s: %llu bytes\n", x->items[i].name, (unsigned long long)x->items[i].len);
	return IMAGE_EXIT_OK;
}

enum image_exit image_extract(int argc, char **argv)
{
	autoextract struct extract x = { 0 };
	autoblob struct blob file = { 0 };
	struct progress_line line;
	struct arguments a = { .dir = "." };
	struct why w = { 0 };
	int r;

	if (parse_arguments(&a, argc, argv) < 0)
		return image_usage("extract", "expected [OPTION...] FILE");
	if (a.help) {
		fputs(image_extract_help, stdout);
		return IMAGE_EXIT_OK;
	}
	r = blob_open(&file, a.file, &w);
	file.progress = progress_terminal(&line);
	if (r == 0)
		r = extract_plan(&x, &file, &a.request, &w);
	return r < 0 ? image_failed(a.file, &w) : write_files(&x, &a);
}
