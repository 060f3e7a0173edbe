// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec-image check: do the parser program in an image and our own parsers agree? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/cross-check.h"
#include "kexec/image.h"
#include "lib/cleanup.h"
#include "lib/escape.h"
#include "lib/json.h"
#include "lib/log.h"

const char image_check_help[] =
	"Usage: kexec-image check [OPTION...] FILE...\n\n"
	"Takes each FILE apart twice, with the parser program in its section .bpf, run as\n"
	"the kernel would run it, and with this program's own parsers, and compares\n"
	"kernel, initrd and command line byte for byte.\n\n"
	"  --parser=FILE   run this parser program instead of the one in the image;\n"
	"                  auto: the one in the image; none: no program\n"
	"  --json          print a JSON array, an object for each FILE\n"
	"  --trace         print what the program calls and commands, on standard error\n"
	"  --help          show this text\n\n"
	"Exit codes: 0 both accept, and the same bytes; 1 the bytes differ, or only one\n"
	"accepts; 2 there is no program, both refuse, it cannot be told, or reading failed.\n"
	"Of several files the worst counts: 1, then 2, then 0.\n";

struct check {
	const char *parser_path; /* NULL: the image's own */
	bool json, trace, help;
	char **files;
	int nr_files;
	struct blob parser;
	struct json out;
};

static int parse_arguments(struct check *ret, int argc, char **argv)
{
	const struct image_option options[] = {
		{ "parser", .value = &ret->parser_path },
		{ "json", .flag = &ret->json },
		{ "trace", .flag = &ret->trace },
	};
	int first = image_options(argc, argv, options, ARRAY_SIZE(options), &ret->help);

	if (first < 0 || ret->help)
		return first < 0 ? first : 0;
	if (ret->parser_path && strcmp(ret->parser_path, "auto") == 0)
		ret->parser_path = NULL;
	ret->files = argv + first;
	ret->nr_files = argc - first;
	return ret->nr_files > 0 ? 0 : -EINVAL;
}

static enum image_exit exit_of(enum cross_verdict v)
{
	switch (v) {
	case CROSS_EQUAL:
		return IMAGE_EXIT_OK;
	case CROSS_DIFFERENT:
	case CROSS_ONLY_PARSERS:
	case CROSS_ONLY_PROGRAM:
		return IMAGE_EXIT_REFUSED;
	default:
		return IMAGE_EXIT_IO;
	}
}

static enum image_exit worse(enum image_exit a, enum image_exit b)
{
	if (a == IMAGE_EXIT_REFUSED || b == IMAGE_EXIT_REFUSED)
		return IMAGE_EXIT_REFUSED;
	return a == IMAGE_EXIT_OK ? b : a;
}

static void byte_text(char *ret, size_t size, int byte)
{
	if (byte < 0)
		snprintf(ret, size, "nothing");
	else
		snprintf(ret, size, "%#04x", byte);
}

static void print_difference(const struct boot_image_diff *d)
{
	char parsers[16], program[16];

	byte_text(parsers, sizeof(parsers), d->byte[0]);
	byte_text(program, sizeof(program), d->byte[1]);
	printf("DIFFERENT: %s at byte %llu: %s for the parsers (of %llu bytes), %s for the program "
	       "(of %llu)\n", boot_image_part_name(d->part), (unsigned long long)d->off, parsers,
	       (unsigned long long)d->size[0], program, (unsigned long long)d->size[1]);
}

static void print_text(const char *path, const struct cross_check *c)
{
	escape_text(stdout, span_of(path), 0);
	fputs(": ", stdout);
	switch (c->verdict) {
	case CROSS_EQUAL:
		printf("equal: kernel %llu bytes, initrd %llu, command line %llu\n",
		       (unsigned long long)boot_image_part_size(&c->program, PART_KERNEL),
		       (unsigned long long)boot_image_part_size(&c->program, PART_INITRD),
		       (unsigned long long)boot_image_part_size(&c->program, PART_CMDLINE));
		break;
	case CROSS_DIFFERENT:
		print_difference(&c->diff);
		break;
	case CROSS_ONLY_PARSERS:
		printf("ONLY THE PARSERS accept it: %s\n", c->program_why.text);
		break;
	case CROSS_ONLY_PROGRAM:
		printf("ONLY THE PROGRAM accepts it: %s\n", c->parsers_why.text);
		break;
	case CROSS_BOTH_REFUSE:
		printf("both refuse it: %s; %s\n", c->parsers_why.text, c->program_why.text);
		break;
	case CROSS_NO_PROGRAM:
		printf("carries no parser program (section .bpf)\n");
		break;
	default:
		printf("cannot be told: %s\n", c->program_why.text);
		break;
	}
}

static void write_image(struct json *j, const char *name, const struct boot_image *img)
{
	static const char *const keys[] = { "kernel", "initrd", "cmdline" };

	if (!img->kernel.bytes.blob)
		return;
	json_object(j, name);
	for (enum boot_image_part p = 0; p < BOOT_IMAGE_PARTS; p++) {
		unsigned char digest[DIGEST_SIZE];
		char text[DIGEST_TEXT];

		json_object(j, keys[p]);
		json_number(j, "size", boot_image_part_size(img, p));
		if (boot_image_digest(img, p, digest, NULL) == 0) {
			digest_text(text, digest);
			json_string(j, "sha256", text);
		}
		json_end(j);
	}
	json_end(j);
}

static void write_reason(struct json *j, const char *name, const struct why *w)
{
	if (w->err)
		json_string(j, name, w->text);
}

static void write_difference(struct json *j, const struct boot_image_diff *d)
{
	json_object(j, "difference");
	json_string(j, "part", boot_image_part_name(d->part));
	json_number(j, "offset", d->off);
	json_array(j, "bytes");
	for (size_t i = 0; i < ARRAY_SIZE(d->byte); i++) {
		if (d->byte[i] < 0)
			json_null(j, NULL);
		else
			json_number(j, NULL, d->byte[i]);
	}
	json_end(j);
	json_end(j);
}

static void write_verdict(struct json *j, const struct cross_check *c)
{
	json_string(j, "verdict", cross_verdict_name(c->verdict));
	write_image(j, "parsers", &c->parsers);
	write_image(j, "program", &c->program);
	write_reason(j, "parsers_refuse", &c->parsers_why);
	write_reason(j, "program_refuses", &c->program_why);
	if (c->verdict == CROSS_DIFFERENT)
		write_difference(j, &c->diff);
}

/* @failed: nobody has read it, and there is no verdict. */
static void print_json(struct json *j, const char *path, const struct cross_check *c,
		       const struct why *failed)
{
	json_object(j, NULL);
	json_string(j, "file", path);
	if (failed->err)
		write_reason(j, "error", failed);
	else
		write_verdict(j, c);
	json_end(j);
}

static void trace_line(void *arg, const char *text)
{
	escape_text(stderr, span_of(arg), 0);
	fprintf(stderr, ": %s\n", text);
}

static enum image_exit check_file(struct check *k, char *path)
{
	const struct vm_trace trace = { .line = trace_line, .arg = path };
	const struct bpf_options o = {
		.parser = k->parser.kind == BLOB_NONE ? NULL : &k->parser,
		.trace = k->trace ? &trace : NULL,
	};
	autocross struct cross_check c = { 0 };
	autoblob struct blob file = { 0 };
	enum image_exit code = IMAGE_EXIT_IO;
	struct why w = { 0 };
	int r = blob_open(&file, path, &w);

	if (r == 0)
		r = cross_check(&c, &file, &o, &w);
	if (r == 0)
		code = exit_of(c.verdict);
	if (k->json)
		print_json(&k->out, path, &c, &w);
	else if (r == 0)
		print_text(path, &c);
	if (r < 0)
		log_error("%s: %s", path, w.text);
	return code;
}

enum image_exit image_check(int argc, char **argv)
{
	struct check k = { 0 };
	enum image_exit code = IMAGE_EXIT_OK;
	struct why w = { 0 };

	if (parse_arguments(&k, argc, argv) < 0) {
		image_usage("check", "expected [OPTION...] FILE...");
		return IMAGE_EXIT_IO; /* 1 would say that two readings differ */
	}
	if (k.help) {
		fputs(image_check_help, stdout);
		return IMAGE_EXIT_OK;
	}
	if (k.parser_path && strcmp(k.parser_path, "none") == 0) {
		log_error("--parser=none leaves nothing to compare with");
		return IMAGE_EXIT_IO;
	}
	if (k.parser_path && blob_open(&k.parser, k.parser_path, &w) < 0) {
		log_error("%s: %s", k.parser_path, w.text);
		return IMAGE_EXIT_IO;
	}
	k.out.f = stdout;
	if (k.json)
		json_array(&k.out, NULL);
	for (int i = 0; i < k.nr_files; i++)
		code = worse(code, check_file(&k, k.files[i]));
	if (k.json)
		json_end(&k.out);
	blob_done(&k.parser);
	return code;
}
