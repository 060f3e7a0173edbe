// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec-image add-parser */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/image.h"
#include "kexec/out-file.h"
#include "kexec/pe-edit.h"
#include "kexec/pe-headers.h"
#include "lib/blob.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define SECTION ".bpf"

const char image_add_parser_help[] =
	"Usage: kexec-image add-parser [OPTION...] IN OUT\n\n"
	"Writes OUT: the EFI program IN with a parser program in its section " SECTION ",\n"
	"which tells the kernel how to unpack it. IN is a unified kernel image or a zboot\n"
	"image, and stays as it is. Sign OUT afterwards.\n\n"
	"  --parser=FILE       the parser program; without it " PARSER_DIR "/uki.bpf\n"
	"                      or zboot.bpf, whichever fits IN\n"
	"  --replace           replace a section " SECTION " that is there already\n"
	"  --strip-signature   remove IN's signature, which would not fit any more\n"
	"  --help              show this text\n";

struct arguments {
	const char *in, *out, *parser;
	bool replace, strip_signature, help;
};

static int parse_arguments(struct arguments *ret, int argc, char **argv)
{
	const struct image_option options[] = {
		{ "parser", .value = &ret->parser },
		{ "replace", .flag = &ret->replace },
		{ "strip-signature", .flag = &ret->strip_signature },
	};
	int first = image_options(argc, argv, options, ARRAY_SIZE(options), &ret->help);

	if (first < 0 || ret->help)
		return first < 0 ? first : 0;
	if (argc - first != 2)
		return -EINVAL;
	ret->in = argv[first];
	ret->out = argv[first + 1];
	return 0;
}

static const char *default_parser(enum pe_kind kind)
{
	switch (kind) {
	case PE_KIND_UKI:
		return PARSER_DIR "/uki.bpf";
	case PE_KIND_ZBOOT:
		return PARSER_DIR "/zboot.bpf";
	default:
		return NULL;
	}
}

/* Not refused: what to do with it is for the kernel to say, and for those who test that. */
static void warn_unless_elf(const struct extent *parser, const char *path)
{
	unsigned char head[SELFMAG];
	int n = extent_head(parser, head, sizeof(head), NULL);

	if (n < 0 || !span_is((struct span){ head, n }, 0, ELFMAG, SELFMAG))
		log_error("warning: %s is no ELF file, so it is no parser program", path);
}

static void write_pieces(struct out_file *o, const struct pe_edit *e)
{
	for (size_t i = 0; i < e->nr_pieces; i++) {
		if (e->piece[i].bytes.blob)
			out_file_extent(o, &e->piece[i].bytes);
		else
			out_file_zeros(o, e->piece[i].len);
	}
	for (size_t i = 0; i < e->nr_patches; i++)
		out_file_le32(o, e->patch[i].off, e->patch[i].value);
}

/* What is handed out has been read back by the parser that will have to read it. */
static int check_result(const struct extent *image, uint64_t size, struct why *w)
{
	autope struct pe pe = { 0 };
	int r = pe_read(&pe, image, w);

	for (size_t i = 0; r == 0 && i < pe.nr_sections; i++)
		if (strcmp(pe.sections[i].name, SECTION) == 0 && pe.sections[i].file_len == size)
			return 0;
	r = why(w, -EBADMSG, "section " SECTION " is missing");
	why_prefix(w, "the result would be broken: ");
	return r;
}

static int finish(struct out_file *o, const struct pe_edit *e, uint64_t size, struct why *w)
{
	struct extent image = blob_whole(&o->file);
	uint32_t checksum = 0;
	int r = out_file_check(o, w);

	if (r == 0)
		r = check_result(&image, size, w);
	if (r == 0 && e->checksum_off) {
		r = pe_checksum(&checksum, &image, e->checksum_off, w);
		out_file_le32(o, e->checksum_off, checksum);
	}
	return r < 0 ? r : out_file_commit(o, w);
}

static enum image_exit add(const struct arguments *a, const struct blob *in,
			   const struct blob *parser)
{
	const struct blob *const inputs[] = { in, parser };
	const struct extent image = blob_whole(in);
	const struct pe_edit_request request = {
		.name = SECTION,
		.bytes = blob_whole(parser),
		.replace = a->replace,
		.strip_signature = a->strip_signature,
	};
	autoedit struct pe_edit e = { 0 };
	autoout struct out_file o = { 0 };
	struct why w = { 0 };

	if (pe_edit_add(&e, &image, &request, &w) < 0)
		return image_failed(a->in, &w);
	if (out_file_create(&o, a->out, inputs, ARRAY_SIZE(inputs), &w) < 0)
		return image_failed(NULL, &w);
	write_pieces(&o, &e);
	if (finish(&o, &e, request.bytes.len, &w) < 0)
		return image_failed(NULL, &w);
	return IMAGE_EXIT_OK;
}

enum image_exit image_add_parser(int argc, char **argv)
{
	autoblob struct blob in = { 0 }, parser = { 0 };
	enum pe_kind kind = PE_KIND_OTHER;
	struct arguments a = { 0 };
	struct extent bytes;
	struct why w = { 0 };

	if (parse_arguments(&a, argc, argv) < 0)
		return image_usage("add-parser", "expected [OPTION...] IN OUT");
	if (a.help) {
		fputs(image_add_parser_help, stdout);
		return IMAGE_EXIT_OK;
	}
	if (blob_open(&in, a.in, &w) < 0)
		return image_failed(a.in, &w);
	bytes = blob_whole(&in);
	if (pe_edit_kind(&kind, &bytes, &w) < 0) {
		why(&w, w.err ? w.err : -ENOEXEC, "is no EFI program");
		return image_failed(a.in, &w);
	}
	if (!a.parser)
		a.parser = default_parser(kind);
	if (!a.parser)
		return image_usage("add-parser", "%s is neither a UKI nor a zboot image: "
				   "name the parser program with --parser", a.in);
	if (blob_open(&parser, a.parser, &w) < 0)
		return image_failed(a.parser, &w);
	bytes = blob_whole(&parser);
	warn_unless_elf(&bytes, a.parser);
	return add(&a, &in, &parser);
}
