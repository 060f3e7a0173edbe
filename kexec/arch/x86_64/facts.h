/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What x86_facts_read() found out; for the files of this folder. boot-params.h is for others. */
#ifndef KEXEC_X86_64_FACTS_H
#define KEXEC_X86_64_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kexec/arch/x86_64/boot-params.h"
#include "lib/span.h"

/* Offsets in struct boot_params, Documentation/arch/x86/zero-page.rst. */
#define BP_SIZE		     4096
#define BP_SCREEN_INFO	     0x000
#define BP_EXT_MEM_K	     0x002 /* u16, inside of screen_info */
#define BP_ACPI_RSDP	     0x070
#define BP_EXT_RAMDISK_IMAGE 0x0c0
#define BP_EXT_RAMDISK_SIZE  0x0c4
#define BP_EXT_CMDLINE	     0x0c8
#define BP_EFI_SIGNATURE     0x1c0
#define BP_EFI_SYSTAB	     0x1c4
#define BP_EFI_DESC_SIZE     0x1c8
#define BP_EFI_DESC_VERSION  0x1cc
#define BP_EFI_MEMMAP	     0x1d0
#define BP_EFI_MEMMAP_SIZE   0x1d4
#define BP_EFI_SYSTAB_HI     0x1d8
#define BP_EFI_MEMMAP_HI     0x1dc
#define BP_ALT_MEM_K	     0x1e0
#define BP_NR_E820	     0x1e8
#define BP_NR_EDD	     0x1e9
#define BP_NR_MBR	     0x1ea
#define BP_SECURE_BOOT	     0x1ec
#define BP_HEADER	     0x1f1
#define BP_HEADER_MAX	     0x290 /* the next field starts here */
#define BP_MBR		     0x290
#define BP_E820		     0x2d0
#define BP_EDD		     0xd00

/* Fields of the setup header, as offsets in boot_params; Documentation/arch/x86/boot.rst. */
#define HDR_ROOT_FLAGS	  0x1f2
#define HDR_VID_MODE	  0x1fa
#define HDR_BOOT_FLAG	  0x1fe
#define HDR_JUMP	  0x200
#define HDR_MAGIC	  0x202
#define HDR_VERSION	  0x206
#define HDR_LOADER	  0x210
#define HDR_LOADFLAGS	  0x211
#define HDR_CODE32_START  0x214
#define HDR_RAMDISK_IMAGE 0x218
#define HDR_RAMDISK_SIZE  0x21c
#define HDR_CMDLINE	  0x228
#define HDR_INITRD_MAX	  0x22c
#define HDR_ALIGNMENT	  0x230
#define HDR_CMDLINE_SIZE  0x238
#define HDR_SUBARCH	  0x23c
#define HDR_SETUP_DATA	  0x250
#define HDR_INIT_SIZE	  0x260
#define HDR_INIT_SIZE_END 0x264

#define SCREEN_INFO_SIZE 64
#define MBR_MAX		 16
#define MBR_SIZE	 4
#define EDD_MAX		 6
#define EDD_SIZE	 82

#define EFI_LOADER_64 0x34364c45 /* "EL64" */
#define EFI_DESC_SIZE 40 /* UEFI specification, EFI_MEMORY_DESCRIPTOR; firmware may add to it */
#define EFI_DESC_MAX  256
#define EFI_PAGE      4096

struct efi_region {
	uint32_t type;
	uint64_t phys, virt, pages, attribute; /* pages of 4 KiB */
};

/* The firmware is in virtual mode for good: the next kernel has to go on with its map. */
struct efi_facts {
	struct efi_region *regions; /* owned */
	size_t nr;		    /* 0: the next kernel is told nothing of EFI */
	uint32_t desc_size, desc_version;
	uint64_t systab; /* physical, like the next three; 0: not known */
	uint64_t fw_vendor, config_table, smbios;
	uint8_t secure_boot; /* what the boot stub found */
};

struct x86_facts {
	unsigned char header[BP_HEADER_MAX - BP_HEADER]; /* goes to BP_HEADER */
	size_t header_len;
	uint32_t cmdline_size; /* bytes without the NUL */

	unsigned char screen_info[SCREEN_INFO_SIZE];
	uint64_t rsdp; /* physical; 0: the next kernel has to look for it */
	uint32_t subarch;
	uint8_t nr_mbr, nr_edd;
	unsigned char mbr[MBR_MAX * MBR_SIZE], edd[EDD_MAX * EDD_SIZE];
	struct efi_facts efi;

	bool kho; /* the layout has what Kexec HandOver passes on */
	bool has_seed;
	unsigned char seed[X86_RNG_SEED];
};

/*
 * Reads /sys/firmware/efi, for a kernel that was started with @params, its boot_params.
 * No EFI, 32-bit EFI or EFI without its runtime services: 0, and nothing is there.
 * -EBADMSG, -E2BIG over LIMIT_EFI_REGIONS, -ENOMEM, -errno of reading.
 */
int efi_facts_read(struct efi_facts *ret, struct span params, const struct sys *sys, struct why *w);
void efi_facts_done(struct efi_facts *f);

/* The physical address of the ACPI RSDP in EFI's tables; 0: not there. */
uint64_t efi_rsdp(const struct sys *sys);

#endif
