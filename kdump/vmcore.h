/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a kernel that crashed: /proc/vmcore, an ELF core file, or what
 * makedumpfile compressed. Little-endian machines; what of it is x86_64 or arm64
 * is in translate.c.
 *
 * Everything in a dump is untrusted, addresses too. A read fails with -ENXIO
 * where the dump has no such memory (left out, cut off), which is no reason to
 * give up on the rest.
 */
#ifndef KDUMP_VMCORE_H
#define KDUMP_VMCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "kdump/vmcoreinfo.h"
#include "lib/blob.h"

struct vmcore;

/* How memory is stored. A format is one file and one row in vmcore.c. */
struct dump_format {
	const char *name; /* "ELF", "compressed" */
	bool (*probe)(struct span head);
	/* Fills .priv, .machine, .info as far as the file tells. */
	int (*open)(struct vmcore *v, struct why *w);
	/* At most up to the end of a 4 KiB page. NULL: does not know virtual addresses. */
	int (*read_virt)(const struct vmcore *v, uint64_t va, void *ret, size_t len, struct why *w);
	int (*read_phys)(const struct vmcore *v, uint64_t pa, void *ret, size_t len, struct why *w);
	void (*done)(struct vmcore *v);
};

struct vmcore {
	struct blob file;
	const struct dump_format *format;
	void *priv; /* the format's */

	unsigned int machine; /* EM_X86_64, EM_AARCH64, .. of <elf.h>; EM_NONE: not known */
	struct vmcoreinfo info;
	bool has_phys_base;
	uint64_t phys_base; /* x86_64: what the kernel has been moved by, as the dump's header says
			     */
};

#define VMCORE_PAGE 4096 /* reads are cut here: the smallest page of all machines */

/*
 * -ENOEXEC: no dump that we know; -EBADMSG, -E2BIG, -EOPNOTSUPP, -ENOMEM, -errno
 * of open(2) and reading. A dump without vmcoreinfo is opened all the same.
 */
int vmcore_open(struct vmcore *ret, const char *path, struct why *w);

/* The same for a file that is open already; takes @file over on success. */
int vmcore_open_blob(struct vmcore *ret, struct blob *file, struct why *w);

/* Reads @len bytes of kernel virtual, or physical, memory. -ENXIO, or as above. */
int vmcore_read(const struct vmcore *v, uint64_t va, void *ret, size_t len, struct why *w);
int vmcore_read_phys(const struct vmcore *v, uint64_t pa, void *ret, size_t len, struct why *w);

/* Where the kernel had @va. -ENXIO. */
int vmcore_translate(const struct vmcore *v, uint64_t va, uint64_t *ret, struct why *w);

void vmcore_done(struct vmcore *v);
#define autovmcore __attribute__((cleanup(vmcore_done)))

extern const struct dump_format dump_elf, dump_compressed, dump_flattened;

#endif
