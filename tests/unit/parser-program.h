/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser program as it is shipped, built by clang beside the tests. */
#ifndef TESTS_UNIT_PARSER_PROGRAM_H
#define TESTS_UNIT_PARSER_PROGRAM_H

#include <stdbool.h>

#include "tests/unit/images.h"

/* bpf/progs/@name of the build folder; false: not built, there was no clang. */
bool read_parser_program(struct bytes *ret, const char *name);

#endif
