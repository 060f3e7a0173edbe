/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for tests that mutate images: the same everywhere after the same seed. */
#ifndef TESTS_UNIT_RANDOM_H
#define TESTS_UNIT_RANDOM_H

#include "tests/unit/images.h"

void random_start(uint64_t seed); /* not 0 */

/* From 0 to @below - 1. */
uint64_t random_number(uint64_t below);

/* The number in the environment, for how many mutants and which. */
unsigned long number_from_environment(const char *name, unsigned long otherwise);

/* @width bytes at @off, which are there, little endian. */
uint64_t bytes_get(const struct bytes *image, size_t off, unsigned int width);

/* In the place of @now: 0, 1, the largest ones, off by one, edges of the image, anything. */
uint64_t random_wrong(const struct bytes *image, uint64_t now);

/* The field becomes that; nothing happens if it is not there. */
void random_field(struct bytes *image, size_t off, unsigned int width);

#endif
