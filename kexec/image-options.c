// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "kexec/image.h"

enum {
	MAX_OPTIONS = 8,
	HELP = 256, /* behind all letters; options without one come after it */
};

int image_options(int argc, char **argv, const struct image_option *known, size_t nr, bool *help)
{
	struct option table[MAX_OPTIONS + 2] = { { "help", no_argument, NULL, HELP } };
	char letters[2 * MAX_OPTIONS + 1] = "";
	int c;

	if (nr > MAX_OPTIONS)
		return -EINVAL;
	for (size_t i = 0; i < nr; i++) {
		table[1 + i].name = known[i].name;
		table[1 + i].has_arg = known[i].value ? required_argument : no_argument;
		table[1 + i].val = HELP + 1 + i;
		if (known[i].letter) {
			strncat(letters, &known[i].letter, 1);
			strcat(letters, known[i].value ? ":" : "");
		}
	}
	while ((c = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		size_t i = c > HELP ? c - HELP - 1 : 0;

		if (c == HELP) {
			*help = true;
			return optind;
		}
		while (c < HELP && i < nr && known[i].letter != c)
			i++;
		if (i == nr)
			return -EINVAL;
		if (known[i].value)
			*known[i].value = optarg;
		else
			*known[i].flag = true;
	}
	return optind;
}
