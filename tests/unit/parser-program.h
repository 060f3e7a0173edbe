/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parser programs as clang built them beside the tests. */
#ifndef TESTS_UNIT_PARSER_PROGRAM_H
#define TESTS_UNIT_PARSER_PROGRAM_H

#include <stdbool.h>

#include "tests/unit/images.h"

/* @path below the build folder; false: not built, there was no clang. */
bool read_parser_program(struct bytes *ret, const char *path);

#define UKI_BPF "bpf/progs/uki.bpf"

#endif
