/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct boot_params, the "zero page", and the setup_data behind it: what a
 * boot loader tells an x86 kernel. Documentation/arch/x86/{boot,zero-page}.rst,
 * FORMATS.md section 4.
 */
#ifndef KEXEC_X86_64_BOOT_PARAMS_H
#define KEXEC_X86_64_BOOT_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "kexec/ram.h"
#include "kexec/sys.h"
#include "lib/blob.h"
#include "lib/why.h"

/* What the running machine passes on, read once; see x86_facts_read(). */
struct x86_facts;

struct x86_setup_options {
	bool noefi;            /* --noefi */
	bool crash;
	bool kho;	       /* the layout will have what Kexec HandOver passes on */
	const unsigned char *rng_seed; /* X86_RNG_SEED bytes; NULL: the kernel's randomness */
};

#define X86_RNG_SEED 32 /* bytes of SETUP_RNG_SEED */

/*
 * Reads what goes from this kernel to the next: screen_info, EFI tables and
 * runtime map, ACPI RSDP, EDD, subarch, from /sys/kernel/boot_params/data and
 * /sys/firmware/efi. A source that does not exist is left out.
 *
 * @kernel: the bare kernel, whose setup header (bzImage) tells what it can take;
 * a vmlinux has none and gets one, but no EFI, because nothing says whether it
 * could be told of a firmware that is in virtual mode already. Such a kernel finds
 * its ACPI tables all the same.
 *
 * The caller frees with x86_facts_free(). -EBADMSG; -EOPNOTSUPP if @kernel cannot
 * be entered under the page tables of this machine; -E2BIG, -ENOMEM, -errno of reading.
 */
int x86_facts_read(struct x86_facts **ret, const struct extent *kernel,
		   const struct x86_setup_options *o, const struct sys *sys, struct why *w);
void x86_facts_free(struct x86_facts *f); /* NULL is fine */

/* Where everything is, physical addresses in bytes. */
struct x86_layout {
	uint64_t setup;  /* the setup blob itself: its links are physical addresses */
	uint64_t kernel; /* where the protected-mode code went */
	uint64_t initrd, initrd_size; /* size 0: none */
	struct range kho_tree, kho_scratch; /* the tree and the list of scratch areas */
};

/*
 * Bytes of the setup blob for a map of @nr_ranges and a command line of @cmdline_len
 * bytes without its NUL. Exactly what x86_setup_build() makes.
 */
uint64_t x86_setup_size(const struct x86_facts *f, size_t nr_ranges, size_t cmdline_len);

/*
 * The setup blob: boot_params at its start, then setup_data (E820_EXT, EFI,
 * EFI runtime map, RNG seed, KEXEC_KHO), then the command line with its NUL. @ram: the map for
 * the next kernel. -E2BIG for a command line that is longer than the kernel takes,
 * or a map of more than LIMIT_RAM_RANGES; -EINVAL if @at is not page aligned; -ENOMEM.
 */
int x86_setup_build(struct blob *ret, const struct x86_facts *f, const struct x86_layout *at,
		    const struct ram_map *ram, const char *cmdline, struct why *w);

#endif
