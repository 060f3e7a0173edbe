/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files about vmlinux share; others include formats.h. */
#ifndef KEXEC_FORMATS_VMLINUX_H
#define KEXEC_FORMATS_VMLINUX_H

#include <elf.h>
#include <stdint.h>

#include "lib/blob.h"

/*
 * A copy of the ELF header, still little endian, of an executable for @machine.
 * -ENOEXEC: something else; -EBADMSG, -EOPNOTSUPP.
 */
int vmlinux_header(Elf64_Ehdr *ret, const struct extent *image, uint16_t machine, struct why *w);

/*
 * Is it one, and whole: headers, what is to be loaded, where it starts? As
 * vmlinux_header(); also -E2BIG.
 */
int vmlinux_check(const struct extent *image, uint16_t machine, struct why *w);

#endif
