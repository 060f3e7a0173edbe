/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ELF envelope around a signed kernel image, an initrd and a command line:
 * BPF_ABI.md, "The ELF envelope". It is an ELF file in name only: sections for
 * a parser program, nothing to execute. Pure: works out the bytes around the files'.
 */
#ifndef KEXEC_ENVELOPE_BUILD_H
#define KEXEC_ENVELOPE_BUILD_H

#include <elf.h>
#include <stdint.h>

#include "lib/span.h"
#include "lib/why.h"

#define ENVELOPE_SECTIONS 5

/* In the file: head, kernel, initrd, gap[0] zeros, cmdline and its NUL, gap[1] zeros, names. */
struct envelope {
	struct {
		Elf64_Ehdr elf;
		Elf64_Shdr section[ENVELOPE_SECTIONS];
	} head; /* little endian, without holes */
	uint64_t cmdline_size; /* with the NUL */
	unsigned int gap[2];
	uint64_t size; /* of it all, bytes */
};

/*
 * For parts of that many bytes; @cmdline_len without its NUL. -E2BIG over
 * LIMIT_CMDLINE, or if the whole would be over LIMIT_FILE_SIZE.
 */
int envelope_build(struct envelope *ret, uint64_t kernel_len, uint64_t initrd_len,
		   uint64_t cmdline_len, struct why *w);

/* The string table, with which the file ends. */
struct span envelope_names(void);

#endif
