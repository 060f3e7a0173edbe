/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types of the kernel that parsers of type 2 may look into: what our series
 * defines (bpf/kernel/, kexec_bpf_skel.c) and nothing else. A machine need not run
 * such a kernel, or have type information at all, to know what a program would do.
 */
#ifndef BPF_VM_KERNEL_TYPES_H
#define BPF_VM_KERNEL_TYPES_H

#include <stdint.h>

#include "bpf/kexec-bpf.h"

/* As the kernel has it on our architectures; a pointer is an address of the machine here. */
struct vm_kexec_context {
	uint8_t kdump;
	uint64_t kernel;
	int32_t kernel_sz;
	uint64_t initrd;
	int32_t initrd_sz;
	uint64_t cmdline;
	int32_t cmdline_sz;

	uint8_t parsed;
	int32_t sig_mode;
	uint64_t parsing_buf[KEXEC_BPF_MAX_BUFS]; /* [0]: the image */
	uint64_t parsing_buf_sz[KEXEC_BPF_MAX_BUFS];
	uint64_t next_parsing_buf[KEXEC_BPF_MAX_BUFS];
	uint64_t next_parsing_buf_sz[KEXEC_BPF_MAX_BUFS];
};

struct btf;

/* Their descriptions, to be freed with btf__free(); NULL: out of memory. Needs libbpf. */
struct btf *vm_kernel_types(void);

#endif
