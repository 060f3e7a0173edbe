/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Good unified kernel images of many shapes, small, for what must hold for all
 * of them: number @i always is the same image.
 */
#ifndef TESTS_UNIT_UKI_CORPUS_H
#define TESTS_UNIT_UKI_CORPUS_H

#include "tests/unit/images.h"

/* Distinct images; those from UKI_PLAIN on have others of the kind inside. */
#define UKI_PLAIN  72
#define UKI_CORPUS 84

/*
 * @program goes into section .bpf, the inner ones' too, which then is their first
 * section; an empty @program: no such section.
 */
void make_uki(struct bytes *ret, unsigned int i, struct span program);

#endif
