// SPDX-License-Identifier: GPL-2.0-or-later
/* The program: finds the sub-command. Called build_zboot_envelop it is one itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kexec/image.h"
#include "lib/cleanup.h"
#include "lib/log.h"

static const struct command {
	const char *name;
	const char *summary;
	const char *help;
	enum image_exit (*run)(int argc, char **argv);
	const char *alias; /* program name that means this sub-command, or NULL */
} commands[] = {
	{ "add-parser", "put a parser program into a UKI or a zboot image",
	  image_add_parser_help, image_add_parser, NULL },
	{ "check", "run the parser program in an image and compare with our parsers",
	  image_check_help, image_check, NULL },
	{ "inspect", "show what is inside an image, and who signed it",
	  image_inspect_help, image_inspect, NULL },
	{ "extract", "write sections and parts of an image to files",
	  image_extract_help, image_extract, NULL },
	{ "envelope", "wrap a kernel, an initrd and a command line into one ELF file",
	  image_envelope_help, image_envelope, "build_zboot_envelop" },
	{ "parser-container", "put several parser programs into one file",
	  image_parser_container_help, image_parser_container, NULL },
	{ "sign-parser", "sign parser programs that are a file of their own",
	  image_sign_parser_help, image_sign_parser, NULL },
};

static void print_help(void)
{
	printf("Usage: kexec-image COMMAND [OPTION...] ARGUMENT...\n"
	       "       kexec-image COMMAND --help\n"
	       "       kexec-image --help | --version\n\n"
	       "Works on kernel images that are EFI programs.\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-16s %s\n", commands[i].name, commands[i].summary);
	printf("\nExit codes: 0 done, 1 refused, 2 reading or writing failed.\n");
}

static const struct command *find_command(const char *name, bool as_alias)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *known = as_alias ? commands[i].alias : commands[i].name;

		if (known && strcmp(known, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static enum image_exit run(const struct command *c, int argc, char **argv)
{
	/* Nowhere else: what looks like an option may be a command line to be wrapped. */
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(c->help, stdout);
		return IMAGE_EXIT_OK;
	}
	return c->run(argc, argv);
}

static enum image_exit dispatch(int argc, char **argv)
{
	const struct command *c = find_command(program_invocation_short_name, true);

	if (c)
		return run(c, argc, argv);
	if (argc < 2)
		return image_usage("", "no command given");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help();
		return IMAGE_EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0) {
		puts(PACKAGE_VERSION_TEXT);
		return IMAGE_EXIT_OK;
	}
	c = find_command(argv[1], false);
	if (!c)
		return image_usage("", "unknown command '%s'", argv[1]);
	argv[1] = argv[0];
	return run(c, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	enum image_exit code;

	/* A limit on file sizes is an error to be told, and to be cleaned up after. */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 1)
		return IMAGE_EXIT_REFUSED;
	code = dispatch(argc, argv);
	if (fflush(stdout) != 0) {
		log_error("cannot write to standard output: %s", strerror(errno));
		return IMAGE_EXIT_IO;
	}
	return code;
}
