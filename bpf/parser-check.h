/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would a detached parser be taken? For who makes one; nothing is run on any image. */
#ifndef BPF_PARSER_CHECK_H
#define BPF_PARSER_CHECK_H

#include "lib/span.h"
#include "lib/why.h"

/*
 * Every program in a container, and in what is nested, is looked at. 0; -EBADMSG: one is
 * refused, or the container is; -EOPNOTSUPP: it cannot be told, and none is refused;
 * -E2BIG: nested deeper than images may be; -ENOMEM.
 */
int parser_check(struct span parser, struct why *w);

/* The same of one program, as goes into a container; a container is none. */
int parser_check_program(struct span program, struct why *w);

#endif
