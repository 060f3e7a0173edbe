/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The segment that runs between two kernels after kexec_load(2): parameters
 * (purgatory/params.h) and the code that is part of this program. It is entered
 * PURGATORY_ENTRY bytes from its start, and may stand at any page.
 */
#ifndef KEXEC_PURGATORY_SEGMENT_H
#define KEXEC_PURGATORY_SEGMENT_H

#include <stdint.h>

#include "lib/blob.h"
#include "lib/why.h"
#include "purgatory/params.h"

/* Bytes of memory that the segment takes, whatever its parameters: to place it before they are
 * known. */
uint64_t purgatory_memsz(void);

/*
 * The bytes of the segment, memory of its own. Magic, version and size are filled in;
 * everything else is @p's. @ret_memsz, may be NULL: as purgatory_memsz(). -E2BIG: more
 * than PURGATORY_RANGES; -EINVAL: a range that passes the end of memory, a flag or
 * UART that purgatory does not know; -ENOMEM.
 */
int purgatory_build(struct blob *ret, const struct purgatory_params *p, uint64_t *ret_memsz,
		    struct why *w);

#endif
