/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between architectures, as data and pure functions. All of them
 * are compiled everywhere, so that arm64 is tested on x86_64.
 */
#ifndef KEXEC_ARCH_H
#define KEXEC_ARCH_H

#include <stdbool.h>
#include <stdint.h>

struct boot_image;
struct file_type;
struct segments_job;
struct why;

struct arch_ops {
	const char *name;                   /* as file_type.machine has it */
	const char *uname;                  /* uname -m */
	const char *const *file_load_types; /* file_type names that its kexec_file_load takes */

	/* Bytes without the NUL that kexec_file_load accepts for this kernel; 0: not known. */
	uint64_t (*cmdline_max)(const struct boot_image *img, bool crash);

	/* The next kernel drops what is more, where others' kexec_file_load would refuse. */
	bool cuts_cmdline;

	/* Bytes of it that the kernel needs to tell a crash kernel of dm-crypt keys. */
	uint64_t cmdline_of_keys;

	/* Bytes of memory that the kernel will run in; 0: not known. */
	uint64_t (*memory_size)(const struct boot_image *img);

	/*
	 * For kexec_load: decides what goes where, and fills job->segments, .cmdline
	 * and .verified; see load-segments.h, which has the errors. NULL: not yet.
	 */
	int (*build_segments)(struct segments_job *job, struct why *w);
	bool memory_by_iomem; /* no firmware map, and what is reserved are lines within memory */
	bool device_tree;     /* its kernels are started with one; kexec_file_load takes none */
	unsigned int kexec_arch;    /* KEXEC_ARCH_*, the ELF machine */
	unsigned long hotplug_flag; /* KEXEC_LOAD_* for --hotplug; 0: there is none */
};

/* The row for uname's @machine, NULL if we do not know it. */
const struct arch_ops *arch_by_uname(const char *machine);

/* Row @i, NULL after the last. */
const struct arch_ops *arch_row(unsigned int i);

/* Does this architecture's kexec_file_load take @type as it is? */
bool arch_file_loads(const struct arch_ops *arch, const struct file_type *type);

extern const struct arch_ops arch_x86_64;
extern const struct arch_ops arch_arm64;

#endif
