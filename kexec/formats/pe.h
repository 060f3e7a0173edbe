/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PE/COFF headers and section table of EFI programs. No policy: what a section
 * means is for uki.c.
 *
 * "PE Format", Microsoft; FORMATS.md section 1. A struct pe exists only if its
 * headers were good: every section's file bytes lie inside the image and behind
 * the headers, and so does the certificate table.
 */
#ifndef KEXEC_FORMATS_PE_H
#define KEXEC_FORMATS_PE_H

#include <stdint.h>

#include "lib/blob.h"
#include "lib/why.h"

#define PE_NAME_SIZE 8

/* Values of the header field Machine. */
#define PE_MACHINE_X86_64      0x8664
#define PE_MACHINE_ARM64       0xaa64
#define PE_MACHINE_RISCV64     0x5064
#define PE_MACHINE_LOONGARCH64 0x6264

struct pe_section {
	char name[PE_NAME_SIZE + 1]; /* printable; "?" where it is no ASCII */
	uint32_t virtual_size;       /* 0: the stub treats the section as absent */
	uint32_t address;            /* where it is loaded, from the start of the image */
	uint32_t raw_size;           /* bytes the file sets aside for it, padding included */
	uint32_t file_off;           /* bytes from the start of the image */
	uint32_t file_len;           /* bytes that the file has of it: the smaller of both sizes */
};

struct pe {
	uint16_t machine;
	uint64_t checksum_off;       /* of the field CheckSum, bytes from the start */
	uint64_t cert_dir_off;       /* of the directory entry for certificates; 0: none */
	uint32_t headers_size;       /* bytes; sections start behind them */
	uint32_t cert_off, cert_len; /* certificate table, bytes; len 0: none */
	struct pe_section *sections; /* owned */
	size_t nr_sections;
};

/*
 * Reads the headers. -ENOEXEC: not a PE file at all; -EBADMSG: a PE file that
 * breaks the promise above or is no EFI program; -EOPNOTSUPP: PE32; -E2BIG: over
 * LIMIT_PE_SECTIONS; -ENOMEM; -errno of reading.
 */
int pe_read(struct pe *ret, const struct extent *image, struct why *w);

/* The first section called @name, of whatever slice; NULL: none. */
const struct pe_section *pe_section(const struct pe *pe, const char *name);

/*
 * A signed PE file ends where its certificate table ends: cuts @image there.
 * Looks at nothing but the way to that table, because anything that starts like
 * a PE file may come in. What is no PE file, or has no such table, stays as it
 * is. -EBADMSG: the table is there, but ends behind @image; -errno of reading.
 */
int pe_cut_at_certificates(struct extent *image, struct why *w);

void pe_done(struct pe *pe);
#define autope __attribute__((cleanup(pe_done)))

/* "x86_64", "arm64", .. as arch_ops name them; NULL for a machine we do not know. */
const char *pe_machine_name(uint16_t machine);

#endif
