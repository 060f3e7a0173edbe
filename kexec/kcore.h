/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the running kernel has itself and memory mapped, by the program headers
 * of /proc/kcore: an ELF64 core file, of which nothing else is read.
 */
#ifndef KEXEC_KCORE_H
#define KEXEC_KCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kexec/sys.h"
#include "lib/span.h"
#include "lib/why.h"

/* A part whose .pa this is has no one physical address: vmalloc, vmemmap, modules. */
#define KCORE_NO_PA UINT64_MAX

struct kcore_part {
	uint64_t va, pa, len; /* bytes */
	uint64_t off;	      /* in the file */
};

struct kcore {
	struct kcore_part *parts; /* owned; in the order of the file */
	size_t nr;
};

/* -EBADMSG: not such a file; -ENOMEM; -errno of reading (-ENOENT: a kernel without). */
int kcore_read(struct kcore *ret, const struct sys *sys, struct why *w);

/* The same for the bytes that such a file begins with. */
int kcore_parse(struct kcore *ret, struct span head, struct why *w);

/*
 * Reads a number of the running kernel at @va. -ENXIO if no part has it, -errno
 * of reading.
 */
int kcore_u64(const struct kcore *k, const struct sys *sys, uint64_t va, uint64_t *ret);

/* The physical address of @va; false if it has none that is known. */
bool kcore_physical(const struct kcore *k, uint64_t va, uint64_t *ret);

void kcore_done(struct kcore *k);
#define autokcore __attribute__((cleanup(kcore_done)))

#endif
