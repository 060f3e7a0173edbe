/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that make an elfcorehdr; everyone else includes crash.h. */
#ifndef KEXEC_CORE_HEADER_H
#define KEXEC_CORE_HEADER_H

#include "kexec/crash.h"
#include "kexec/kcore.h"

/* Memory where the panicking kernel leaves a note in ELF form. */
struct core_note {
	struct range at; /* empty: not known */
	uint64_t cpu;	 /* its number; CORE_VMCOREINFO */
};
#define CORE_VMCOREINFO UINT64_MAX

struct core_notes {
	struct core_note *list; /* owned: the CPUs in order, vmcoreinfo last */
	size_t nr;
};

/*
 * Notes of all CPUs that the kernel has room for. One that is possible but not
 * plugged in has no file that tells: core_notes_fill() is asked. -EBADMSG also for
 * notes outside of System RAM, -E2BIG, -ENOMEM, -errno of reading.
 */
int core_notes_read(struct core_notes *ret, const struct iomem *iomem, const struct sys *sys,
		    struct why *w);

/*
 * Finds the notes that are still empty where the kernel itself does: its per-CPU
 * pointer "crash_notes" and the offsets of the CPUs, by /proc/kallsyms and
 * /proc/kcore. All or none: only if what comes out for CPUs with a file is what
 * their files say. No error: without these files nobody knows better.
 */
void core_notes_fill(struct core_notes *n, const struct sys *sys);

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
