// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec-image parser-container */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/parser-check.h"
#include "bpf/source.h"
#include "kexec/container-build.h"
#include "kexec/image.h"
#include "kexec/out-file.h"
#include "lib/blob.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/log.h"

#define INPUTS (LIMIT_BPF_ALTERNATIVES + 1)

const char image_parser_container_help[] =
	"Usage: kexec-image parser-container [OPTION...] OUT PROGRAM...\n\n"
	"Writes OUT: one file with up to 8 parser programs, to be tried in this order on an\n"
	"image until one knows it. For kexec --parser=OUT, or for the section .bpf of an\n"
	"image: kexec-image add-parser --parser=OUT.\n\n"
	"  --nested=FILE       for the image inside that image: a program, or a container of\n"
	"                      programs, which may have others nested\n"
	"  --help              show this text\n";

struct arguments {
	const char *out, *nested;
	char **programs;
	int nr;
	bool help;
};

/* What goes in, in memory. The last is what is nested, if anything is. */
struct inputs {
	struct blob file[INPUTS];
	unsigned char *bytes[INPUTS];
	size_t nr;
};

static void inputs_done(struct inputs *in)
{
	for (size_t i = 0; i < in->nr; i++) {
		blob_done(&in->file[i]);
		free(in->bytes[i]);
	}
}

static int parse_arguments(struct arguments *ret, int argc, char **argv)
{
	const struct image_option options[] = {
		{ "nested", .value = &ret->nested },
	};
	int first = image_options(argc, argv, options, ARRAY_SIZE(options), &ret->help);

	if (first < 0 || ret->help)
		return first < 0 ? first : 0;
	if (argc - first < 2)
		return -EINVAL;
	ret->out = argv[first];
	ret->programs = argv + first + 1;
	ret->nr = argc - first - 1;
	return 0;
}

/* Its signature, if it has one, is left behind: it would not be of what comes out. */
static int add_input(struct inputs *in, struct span *ret, const char *path, struct why *w)
{
	size_t i = in->nr, len = 0;
	int r = blob_open(&in->file[i], path, w);

	if (r < 0)
		return r;
	in->nr++;
	r = bpf_source_read(&in->bytes[i], &len, NULL, &in->file[i], w);
	*ret = (struct span){ in->bytes[i], len };
	return r;
}

/* What can be told of each alone: which one it is, says the caller. */
static int add_checked(struct inputs *in, struct span *ret, const char *path,
		       int (*check)(struct span bytes, struct why *w), struct why *w)
{
	struct why bad = { 0 };
	int r = add_input(in, ret, path, w);

	if (r < 0)
		return r;
	r = check(*ret, &bad);
	if (r == -EOPNOTSUPP)
		log_error("warning: %s: cannot be checked: %s", path, bad.text);
	else if (r < 0)
		return why(w, r, "would be refused: %s", bad.text);
	return 0;
}

/* Of the whole it is how deep it is; the parts were looked at before. */
static int check(struct span container, struct why *w)
{
	struct why bad = { 0 };
	int r = parser_check(container, &bad);

	return r < 0 && r != -EOPNOTSUPP ? why(w, r, "would be refused: %s", bad.text) : 0;
}

static enum image_exit write_container(const struct arguments *a, const struct inputs *in,
				       struct span container)
{
	const struct blob *files[INPUTS];
	autoout struct out_file o = { 0 };
	struct why w = { 0 };

	for (size_t i = 0; i < in->nr; i++)
		files[i] = &in->file[i];
	if (out_file_create(&o, a->out, files, in->nr, &w) < 0)
		return image_failed(NULL, &w);
	out_file_bytes(&o, container);
	return out_file_commit(&o, &w) < 0 ? image_failed(NULL, &w) : IMAGE_EXIT_OK;
}

static enum image_exit build(const struct arguments *a)
{
	__attribute__((cleanup(inputs_done))) struct inputs in = { 0 };
	struct span programs[LIMIT_BPF_ALTERNATIVES], nested = { 0 };
	autofree unsigned char *bytes = NULL;
	struct why w = { 0 };
	size_t len = 0;

	if (a->nr > LIMIT_BPF_ALTERNATIVES)
		return image_usage("parser-container", "more than %d programs",
				   LIMIT_BPF_ALTERNATIVES);
	for (int i = 0; i < a->nr; i++)
		if (add_checked(&in, &programs[i], a->programs[i], parser_check_program, &w) < 0)
			return image_failed(a->programs[i], &w);
	if (a->nested && add_checked(&in, &nested, a->nested, parser_check, &w) < 0)
		return image_failed(a->nested, &w);
	if (container_build(&bytes, &len, programs, a->nr, nested, &w) < 0 ||
	    check((struct span){ bytes, len }, &w) < 0)
		return image_failed(a->out, &w);
	return write_container(a, &in, (struct span){ bytes, len });
}

enum image_exit image_parser_container(int argc, char **argv)
{
	struct arguments a = { 0 };

	if (parse_arguments(&a, argc, argv) < 0)
		return image_usage("parser-container", "expected [OPTION...] OUT PROGRAM...");
	if (a.help) {
		fputs(image_parser_container_help, stdout);
		return IMAGE_EXIT_OK;
	}
	return build(&a);
}
