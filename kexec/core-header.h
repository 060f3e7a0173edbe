/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that make an elfcorehdr; everyone else includes crash.h. */
#ifndef KEXEC_CORE_HEADER_H
#define KEXEC_CORE_HEADER_H

#include "kexec/crash.h"
#include "kexec/kcore.h"

/* Memory where the panicking kernel leaves notes in ELF form. */
struct core_notes {
	struct range *list; /* owned: one of each CPU, vmcoreinfo last */
	size_t nr;
};

/*
 * Notes of the CPUs that the kernel has room for. A CPU that is possible but not
 * plugged in has no file that tells: whoever adds one has to load again, unless
 * the kernel keeps the header up to date itself (--hotplug). -EBADMSG also for
 * notes outside of System RAM, -E2BIG, -ENOMEM, -errno of reading.
 */
int core_notes_read(struct core_notes *ret, const struct iomem *iomem, const struct sys *sys,
		    struct why *w);

void core_notes_done(struct core_notes *n);
#define autonotes __attribute__((cleanup(core_notes_done)))

/* Where the kernel that may crash runs, and how it maps memory. */
struct kernel_map {
	struct range text; /* physical: from _text to _end */
	uint64_t text_va;  /* of _text */
	uint64_t ram_va;   /* of physical address 0 in the direct mapping */
};

/* Of an x86_64 kernel. -EBADMSG, -EOPNOTSUPP if nothing tells the addresses, -ENOMEM. */
int x86_kernel_map(struct kernel_map *ret, const struct iomem *iomem, const struct sys *sys,
		   struct why *w);

/* The same, from what has been read; @kcore NULL: there is none. */
int x86_kernel_map_find(struct kernel_map *ret, const struct iomem *iomem,
			const struct kcore *kcore, struct why *w);

/* Is it memory, whoever has added it: "System RAM", "System RAM (kmem)"? */
bool iomem_is_ram(const struct iomem_line *line);

#endif
