/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/parser-program.h"

bool read_parser_program(struct bytes *ret, const char *path)
{
	const char *builddir = getenv("builddir");
	autofree unsigned char *data = NULL;
	autoblob struct blob file = { 0 };
	struct why w = { 0 };
	struct extent all;
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", builddir ? builddir : ".", path);
	if (blob_open(&file, full, &w) < 0)
		return false;
	all = blob_whole(&file);
	assert_in_range(all.len, 1, LIMIT_PARSER);
	assert_int_equal(extent_dup(&all, 0, all.len, &data, &w), 0);
	bytes_add(ret, data, all.len);
	return true;
}
