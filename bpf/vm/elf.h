/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the ELF objects that programs travel in, by the kernel's rules: what
 * its reader refuses is refused here. ELF facts: System V ABI, chapter 4.
 */
#ifndef BPF_VM_ELF_H
#define BPF_VM_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/limits.h"
#include "lib/span.h"
#include "lib/why.h"

/* The parts of a section header that matter here, in our byte order. */
struct elf_section {
	uint32_t name, type, link, info;
	uint64_t entry_size;
	struct span bytes; /* of the object; none if it has none in the file */
};

/* Borrows the bytes it was opened on. */
struct elf {
	struct span bytes;
	struct elf_section sections[LIMIT_BPF_ELF_SECTIONS];
	size_t nr;
	struct span names;
	size_t names_index;
	uint16_t machine, type;
};

/* A 64-bit little-endian ELF file with section names. -ENOEXEC. */
int elf_open(struct elf *ret, struct span object, struct why *w);

/* Is the string at @off of the table exactly @want? */
bool elf_name_is(struct span strings, uint32_t off, const char *want);

/* The one section of a name and type. -ENOEXEC: there is none, two, or one of another type. */
int elf_find(const struct elf_section **ret, const struct elf *elf, const char *name, uint32_t type,
	     struct why *w);

/*
 * The bytes of the first symbol of a name, and 1; 0 if there is none. -ENOEXEC: it
 * has no bytes in the object, or there is no sound symbol table.
 */
int elf_symbol(struct span *ret, const struct elf *elf, const char *name, struct why *w);

#endif
