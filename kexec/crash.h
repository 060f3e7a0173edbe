/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a crash kernel loaded by kexec_load(2) must be told about the machine:
 * the memory that it may use, and an ELF header that describes the memory that
 * it is to dump (elfcorehdr). FORMATS.md section 7.
 */
#ifndef KEXEC_CRASH_H
#define KEXEC_CRASH_H

#include "kexec/iomem.h"
#include "kexec/options.h"
#include "kexec/ram.h"
#include "lib/blob.h"

#define CRASH_CMA_RANGES 16

struct crash_regions {
	struct range high;		    /* where crash kernels are loaded */
	struct range low;		    /* for 32-bit DMA only; empty: none */
	struct range cma[CRASH_CMA_RANGES]; /* may be used, are not dumped */
	size_t nr_cma;
};

/*
 * The "Crash kernel" lines of @iomem and /sys/kernel/kexec/crash_cma_ranges. -ENODATA
 * without a reservation; -EBADMSG, -E2BIG.
 */
int crash_regions_read(struct crash_regions *ret, const struct iomem *iomem, const struct sys *sys,
		       struct why *w);

/*
 * The memory map of the crash kernel: what is not RAM as in @all, the low
 * megabyte, and the crash regions; @elfcorehdr is cut out of them. -ENOMEM.
 */
int crash_ram_map(struct ram_map *ret, const struct ram_map *all, const struct crash_regions *c,
		  const struct range *elfcorehdr, struct why *w);

/*
 * The same for people who want it on the command line (--pass-memmap-cmdline):
 * "memmap=exactmap memmap=.." for RAM, ACPI and legacy persistent memory, to
 * @ret, which the caller frees. Reserved memory is left out, as ever: with it a
 * command line would be too short. -E2BIG over @room bytes, -ENOMEM.
 */
int crash_memmap_args(char **ret, const struct ram_map *crash, size_t room, struct why *w);

/*
 * The elfcorehdr: notes of the CPUs, vmcoreinfo, the kernel's text and all RAM of
 * @iomem less the first megabyte and the crash regions, as the x86_64 kernel
 * makes it. @class: CORE_HEADERS_AUTO is 64-bit. @ret becomes memory. -EBADMSG,
 * -E2BIG (32-bit headers and memory over 4 GiB), -EOPNOTSUPP on kernels before
 * 5.5 or if nothing tells virtual addresses, -ENOMEM, -errno of reading.
 *
 * The notes are those of all possible CPUs, where /proc/kcore lets us look for
 * the ones that are not plugged in; else of those that are, on-line or not. When
 * another is added then, the kernel makes a new header by itself (--hotplug), or
 * a udev rule loads again.
 */
int core_header_build(struct blob *ret, const struct iomem *iomem, const struct crash_regions *r,
		      enum core_headers class, const struct sys *sys, struct why *w);

/* Bytes that --hotplug reserves for it: /sys/kernel/crash_elfcorehdr_size. -errno of reading. */
int core_header_room(const struct sys *sys, uint64_t *ret, struct why *w);

#endif
