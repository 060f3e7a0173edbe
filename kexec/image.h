/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sub-commands of kexec-image: a row each in kexec-image.c, a file each in image-*.c. */
#ifndef KEXEC_IMAGE_H
#define KEXEC_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/why.h"

enum image_exit {
	IMAGE_EXIT_OK = 0,
	IMAGE_EXIT_REFUSED = 1, /* the input, or the command line, is not what it should be */
	IMAGE_EXIT_IO = 2,      /* reading, writing or memory failed */
};

/* argv[0] is the program's name; options and arguments follow. */
enum image_exit image_add_parser(int argc, char **argv);
enum image_exit image_envelope(int argc, char **argv);
enum image_exit image_check(int argc, char **argv);
enum image_exit image_inspect(int argc, char **argv);
enum image_exit image_extract(int argc, char **argv);
enum image_exit image_parser_container(int argc, char **argv);
enum image_exit image_sign_parser(int argc, char **argv);

extern const char image_add_parser_help[], image_envelope_help[], image_check_help[],
	image_inspect_help[], image_extract_help[], image_parser_container_help[],
	image_sign_parser_help[];

/* An option of a sub-command: with @value it takes one, which stays in argv, else it sets @flag. */
struct image_option {
	const char *name;
	char letter; /* its short form, 0: none */
	const char **value;
	bool *flag;
};

/*
 * Reads the options of a sub-command, 8 at most, and --help, at which it stops; a bad one
 * it complains about. Returns where in argv, which is put in order, the first operand is,
 * or -EINVAL.
 */
int image_options(int argc, char **argv, const struct image_option *known, size_t nr, bool *help);

/* Prints the reason, @name in front of it unless NULL, and tells the exit code for it. */
enum image_exit image_failed(const char *name, const struct why *w);

/* Complains about the command line: one line, and where there is more to read. */
enum image_exit image_usage(const char *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
