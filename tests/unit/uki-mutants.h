/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The images of uki-corpus.h with something wrong in them: after the same seed
 * always the same ones. One row of mutants at a time.
 */
#ifndef TESTS_UNIT_UKI_MUTANTS_H
#define TESTS_UNIT_UKI_MUTANTS_H

#include <stdbool.h>

#include "tests/unit/uki-corpus.h"

struct mutants {
	struct bytes good[UKI_CORPUS];
	struct span program; /* in all of them; borrowed */
};

void mutants_start(struct mutants *m, uint64_t seed, struct span program);
/* Breaks any image that is laid out like those, up to three times; after the same @seed alike. */
void mutants_break(struct bytes *image, uint64_t seed);

void mutants_done(struct mutants *m);
#define automutants __attribute__((cleanup(mutants_done)))

/*
 * Makes one; returns the number of the good image that it was. @ret_table:
 * headers or tables of the outermost image are among what was changed.
 */
unsigned int mutants_next(struct mutants *m, struct bytes *ret, bool *ret_table);

#endif
