/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel says about itself for those who read its dump: lines KEY=VALUE
 * in an ELF note. Documentation/admin-guide/kdump/vmcoreinfo.rst.
 */
#ifndef KDUMP_VMCOREINFO_H
#define KDUMP_VMCOREINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"
#include "lib/why.h"

struct vmcoreinfo {
	char *text; /* owned, NUL terminated; NULL: there is none */
};

/* Copies @text. -E2BIG, -ENOMEM. */
int vmcoreinfo_set(struct vmcoreinfo *ret, struct span text, struct why *w);

/*
 * The value behind "@kind(@name)=", for instance SYMBOL(prb) (hexadecimal) or
 * OFFSET(printk_log.len), SIZE(..), LENGTH(..) (decimal), NUMBER(..) (decimal,
 * which may be negative, or hexadecimal with 0x). False, and @ret untouched, if
 * there is no such line or it has no such value.
 */
bool vmcoreinfo_get(const struct vmcoreinfo *v, const char *kind, const char *name, uint64_t *ret);

/* Copies the value of the line "OSRELEASE=", printable, cut to @size; "" if there is none. */
void vmcoreinfo_release(const struct vmcoreinfo *v, char *ret, size_t size);

void vmcoreinfo_done(struct vmcoreinfo *v);

#endif
