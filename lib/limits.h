/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every limit on untrusted input, in one place. A limit that is reached is an
 * error (-E2BIG) that names it, never a silent cut.
 */
#ifndef LIB_LIMITS_H
#define LIB_LIMITS_H

#include <stdint.h>

#define KiB UINT64_C(1024)
#define MiB (1024 * KiB)
#define GiB (1024 * MiB)

/* The kernel reads a kexec file with 32-bit lengths (FORMATS.md, section 6). */
#define LIMIT_FILE_SIZE (4 * GiB - 1)

/* Section headers of a PE file; as many as parser programs look at (bpf/kexec-bpf.h). */
#define LIMIT_PE_SECTIONS 128
/* Everything in front of the first section's bytes: one page, in practice. */
#define LIMIT_PE_HEADERS (1 * MiB)
/* Debug directory: one entry a kind, of which there are some twenty. */
#define LIMIT_PE_DEBUG 32
/* A parser program: KEXEC_BPF_MAX_OBJECT of bpf/kexec-bpf.h. */
#define LIMIT_PARSER (1 * MiB)

/* Images inside images: a zboot in a UKI in a compressed file is three. */
#define LIMIT_NESTING 4
/* With a compressed layer around each image, and the bare kernel. */
#define LIMIT_LAYERS (2 * LIMIT_NESTING + 1)
/* Initrd parts of one image, embedded or given (BPF_ABI.md, REF). */
#define LIMIT_INITRDS 16
/* A kernel after decompression; the in-kernel decompressor has the same cap. */
#define LIMIT_DECOMPRESSED (512 * MiB)
/* What an x86 kernel may ask for with init_size: its own virtual window. */
#define LIMIT_INIT_SIZE (1 * GiB)
/* Text section of a UKI that becomes a command line; x86 takes at most 2048 bytes. */
#define LIMIT_CMDLINE (64 * KiB)
/* A file below /proc or /sys. */
#define LIMIT_SYSFILE (4 * MiB)
/* Lines of /proc/iomem; a large server has some thousands. */
#define LIMIT_IOMEM_LINES 65536
/* Ranges of a memory map; x86 Linux itself has room for 3200. */
#define LIMIT_RAM_RANGES 4096

/* Parser programs: those that bpf/kexec-bpf.h has too are the kernel's as well. */
#define LIMIT_BPF_INSNS  16384
/* ELF sections of an object; clang makes about ten. */
#define LIMIT_BPF_ELF_SECTIONS 64
/* Calls inside each other, and bytes of stack of each: the kernel's numbers. */
#define LIMIT_BPF_FRAMES 8
#define LIMIT_BPF_STACK  512
/* Parser contexts that a program has got, in all. */
#define LIMIT_BPF_HANDLES 16
/* Initrds of one image joined: the kernel reads no larger file either. */
#define LIMIT_BPF_INITRD (4 * GiB)
/* Instructions carried out in one stage; 128 section headers read 12 times are 100000. */
#define LIMIT_BPF_STEPS 4000000

#endif
