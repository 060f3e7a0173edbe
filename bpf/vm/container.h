/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several programs in one ELF file: BPF_ABI.md, "Detached parsers". Alternatives for
 * an image, of which the first that knows it counts, and what is for the image inside.
 */
#ifndef BPF_VM_CONTAINER_H
#define BPF_VM_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/limits.h"
#include "lib/span.h"
#include "lib/why.h"

/* Borrows the bytes it was opened on. */
struct container {
	struct span program[LIMIT_BPF_ALTERNATIVES]; /* .bpf.1, .bpf.2, .. */
	size_t nr;
	struct span nested; /* again a container or a program; .data NULL: none */
};

/*
 * 1: @object is a container, which is to say it has a section .bpf.1, and follows
 * the rules; 0: it is none, whatever else it is. -ENOEXEC: it is a broken one.
 */
int container_open(struct container *ret, struct span object, struct why *w);

/*
 * Does the kernel take this file for a detached parser, and not for a kernel? A container
 * or a plain object; a light skeleton only inside a container.
 */
bool container_is_parser(struct span file);

#endif
