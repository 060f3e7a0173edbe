/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ELF file of parser programs: BPF_ABI.md, "Detached parsers"; what
 * bpf/vm/container.c reads. Pure.
 */
#ifndef KEXEC_CONTAINER_BUILD_H
#define KEXEC_CONTAINER_BUILD_H

#include <stddef.h>

#include "lib/span.h"
#include "lib/why.h"

/*
 * @programs, in the order in which they are tried, and what is for the image inside
 * (.data NULL: nothing), become a container: @ret is malloc'ed. The bytes of either
 * are not looked at. -EINVAL: no program; -E2BIG: more than LIMIT_BPF_ALTERNATIVES,
 * or together over LIMIT_PARSER; -ENOMEM.
 */
int container_build(unsigned char **ret, size_t *ret_len, const struct span *programs, size_t nr,
		    struct span nested, struct why *w);

#endif
