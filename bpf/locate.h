/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the parser program that a PE image carries, section .bpf.
 *
 * A reading of the PE format of its own, on purpose: what kexec/formats/pe.c
 * takes for good is compared with what programs and kernel take for good, and
 * two readings check each other only if they are two.
 */
#ifndef BPF_LOCATE_H
#define BPF_LOCATE_H

#include "lib/blob.h"
#include "lib/why.h"

/*
 * The bytes of the one section .bpf of @image. An image without it may be
 * anything and is not looked at further: -ENOEXEC. One that has it must be sound
 * all through, as the kernel wants it: -EBADMSG, -E2BIG; -errno of reading.
 */
int bpf_locate(struct extent *ret, const struct extent *image, struct why *w);

#endif
