// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec-image check: do the parser program in an image and our own parsers agree? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/cross-check.h"
#include "kexec/image.h"
#include "lib/cleanup.h"
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
	int printed; /* objects in the JSON array */
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
	printf("%s: ", path);
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

/* A file name may be anything; what is no ASCII becomes U+FFFD, byte by byte. */
static void print_string(const char *text)
{
	putchar('"');
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			printf("\\u%04x", *c);
		else if (*c >= 0x80)
			printf("\\ufffd");
		else
			putchar(*c);
	}
	putchar('"');
}

static void print_json_image(const char *name, const struct boot_image *img)
{
	static const char *const keys[] = { "kernel", "initrd", "cmdline" };

	printf(", \"%s\": {", name);
	for (enum boot_image_part p = 0; p < BOOT_IMAGE_PARTS; p++) {
		unsigned char digest[DIGEST_SIZE];
		char text[DIGEST_TEXT];

		printf("%s\"%s\": {\"size\": %llu", p ? ", " : "", keys[p],
		       (unsigned long long)boot_image_part_size(img, p));
		if (boot_image_digest(img, p, digest, NULL) == 0) {
			digest_text(text, digest);
			printf(", \"sha256\": \"%s\"", text);
		}
		printf("}");
	}
	printf("}");
}

static void print_json_byte(int byte)
{
	if (byte < 0)
		printf("null");
	else
		printf("%d", byte);
}

static void print_json_reason(const char *name, const struct why *w)
{
	if (!w->err)
		return;
	printf(", \"%s\": ", name);
	print_string(w->text);
}

static void print_json(const struct cross_check *c)
{
	printf(", \"verdict\": \"%s\"", cross_verdict_name(c->verdict));
	if (c->parsers.kernel.bytes.blob)
		print_json_image("parsers", &c->parsers);
	if (c->program.kernel.bytes.blob)
		print_json_image("program", &c->program);
	print_json_reason("parsers_refuse", &c->parsers_why);
	print_json_reason("program_refuses", &c->program_why);
	if (c->verdict == CROSS_DIFFERENT) {
		printf(", \"difference\": {\"part\": \"%s\", \"offset\": %llu, \"bytes\": [",
		       boot_image_part_name(c->diff.part), (unsigned long long)c->diff.off);
		print_json_byte(c->diff.byte[0]);
		printf(", ");
		print_json_byte(c->diff.byte[1]);
		printf("]}");
	}
}

static void trace_line(void *arg, const char *text)
{
	fprintf(stderr, "%s: %s\n", (const char *)arg, text);
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
	if (k->json) {
		printf("%s {\"file\": ", k->printed++ ? ",\n" : "");
		print_string(path);
		if (r == 0)
			print_json(&c);
		else
			print_json_reason("error", &w);
		printf("}");
	} else if (r == 0) {
		print_text(path, &c);
	}
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
	if (k.json)
		printf("[");
	for (int i = 0; i < k.nr_files; i++)
		code = worse(code, check_file(&k, k.files[i]));
	if (k.json)
		printf("]\n");
	blob_done(&k.parser);
	return code;
}
