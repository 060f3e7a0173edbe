/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/iomem: the tree of physical address ranges as the running kernel uses them.
 */
#ifndef KEXEC_IOMEM_H
#define KEXEC_IOMEM_H

#include <stddef.h>
#include <stdint.h>

#include "kexec/sys.h"
#include "lib/why.h"

struct iomem_line {
	uint64_t start, end; /* bytes, physical; end is the first byte behind */
	unsigned int depth;  /* 0: outermost; a line belongs to the one above with less */
	char name[64];       /* cut if longer */
};

struct iomem {
	struct iomem_line *lines; /* owned; in the order of the file */
	size_t nr;
};

/*
 * -EPERM if all addresses read as zero, as they do for those who may not see
 * them; -EBADMSG for a line that makes no sense; -E2BIG, -ENOMEM, -errno of reading.
 */
int iomem_read(struct iomem *ret, const struct sys *sys, struct why *w);

/* The same for the text of such a file, which is changed; takes nothing over. */
int iomem_parse(struct iomem *ret, char *text, struct why *w);

void iomem_done(struct iomem *m);
#define autoiomem __attribute__((cleanup(iomem_done)))

#endif
