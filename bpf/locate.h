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

#include <stdbool.h>
#include <stdint.h>

#include "lib/blob.h"
#include "lib/why.h"

/*
 * The bytes of the one section .bpf of @image. An image without it may be
 * anything and is not looked at further: -ENOEXEC. One that has it must be sound
 * all through, as the kernel wants it: -EBADMSG, -E2BIG; -errno of reading.
 */
int bpf_locate(struct extent *ret, const struct extent *image, struct why *w);

/*
 * The same of an image whose program is somewhere else. 0 also for what is no PE image
 * for EFI; else errors as above but for -ENOEXEC.
 */
int bpf_check_pe(const struct extent *image, struct why *w);

/*
 * Are @len bytes at @off inside one section of a sound PE image, as Authenticode covers
 * them for certain, or, if they will do, inside its headers? 1, 0, or -errno of reading.
 */
int bpf_signature_covers(const struct extent *image, uint64_t off, uint64_t len, bool headers);

#endif
