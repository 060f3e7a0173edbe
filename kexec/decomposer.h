/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Can the running kernel take a whole PE file and run the parser program in it?
 */
#ifndef KEXEC_DECOMPOSER_H
#define KEXEC_DECOMPOSER_H

#include "kexec/sys.h"
#include "lib/why.h"

enum decomposer_skill {
	DECOMPOSER_WHOLE,    /* a program inside the image */
	DECOMPOSER_DETACHED, /* also in a file of its own */
};

/*
 * Asks the kernel's own type information, /sys/kernel/btf/vmlinux, for what our
 * series adds (enum kexec_parser_abi, BPF_ABI.md): 1 if it takes plain objects
 * that name parts by reference, and for DECOMPOSER_DETACHED also files of their
 * own, else 0. -EOPNOTSUPP without libbpf; -errno of reading, -ENOENT for a
 * kernel without BTF. A kernel that cannot be asked is one that does not have it,
 * for all we know.
 */
int decomposer_present(const struct sys *sys, enum decomposer_skill skill, struct why *w);

#endif
