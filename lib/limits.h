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
/* Certificate table: a signature is 2 KiB, one with a long chain and a time stamp 20. */
#define LIMIT_CERTIFICATES (1 * MiB)
/* Signatures of one file, and certificates from a signer to its root. */
#define LIMIT_SIGNATURES 16
#define LIMIT_CHAIN      8
/* Text of a section that is shown: os-release has some 400 bytes. */
#define LIMIT_SHOWN_TEXT (16 * KiB)

/* Images inside images: a zboot in a UKI in a compressed file is three. */
#define LIMIT_NESTING 4
/* With a compressed layer around each image, and the bare kernel. */
#define LIMIT_LAYERS (2 * LIMIT_NESTING + 1)
/* Initrd parts of one image, embedded or given (BPF_ABI.md, REF). */
#define LIMIT_INITRDS 16
/* Addons of one image. */
#define LIMIT_ADDONS 16
/* Files of one kind beside an image: credentials, extensions. */
#define LIMIT_SIDECARS 64
/* A kernel after decompression; the in-kernel decompressor has the same cap. */
#define LIMIT_DECOMPRESSED (512 * MiB)
/* Compressed data that is read as a whole, to be unpacked in one step. */
#define LIMIT_AT_ONCE (128 * MiB)
/* What an x86 kernel may ask for with init_size: its own virtual window. */
#define LIMIT_INIT_SIZE (1 * GiB)
/* Text section of a UKI that becomes a command line; x86 takes at most 2048 bytes. */
#define LIMIT_CMDLINE (64 * KiB)
/* A file below /proc or /sys. */
#define LIMIT_SYSFILE (4 * MiB)
/* Names in the running kernel's BTF, of which Debian's have 2 MiB. */
#define LIMIT_KERNEL_NAMES (64 * MiB)
/* Regions of memory that EFI keeps for itself at run time; real machines have some twenty. */
#define LIMIT_EFI_REGIONS 1024
/* Program headers of a vmlinux, which has about five. */
#define LIMIT_ELF_PHDRS 64
/* A device tree: arm64 maps it in one block of this size. */
#define LIMIT_DEVICE_TREE (2 * MiB)
/* Scratch areas of Kexec HandOver: two, and one for each of Linux's 1024 NUMA nodes. */
#define LIMIT_KHO_AREAS 1026
/* Nodes in nodes of one; Linux has no more of them, either. */
#define LIMIT_DEVICE_TREE_DEPTH 64
/* The table of machines in a UKI; 30 bytes for each that there is. */
#define LIMIT_HWIDS (1 * MiB)
/* Entries of /sys/class/drm: cards and what can be plugged into them. */
#define LIMIT_CONNECTORS 256
/* Lines of /proc/iomem; a large server has some thousands. */
#define LIMIT_IOMEM_LINES 65536
/* Ranges of a memory map; x86 Linux itself has room for 3200. */
#define LIMIT_RAM_RANGES 4096
/* CPUs of a machine; the kernel's NR_CPUS is at most 8192. */
#define LIMIT_CPUS 65536
/* The register notes of a CPU; one page in practice. */
#define LIMIT_CRASH_NOTES (64 * KiB)
/* An elfcorehdr, or the room that the kernel wants for it; 1 MiB in practice. */
#define LIMIT_ELFCOREHDR (16 * MiB)
/* All of it: a hundred thousand symbols, and those of modules. */
#define LIMIT_KALLSYMS (256 * MiB)
/* Where _text comes in /proc/kallsyms: behind what is at address 0, some thousand lines. */
#define LIMIT_KALLSYMS_HEAD (1 * MiB)

/* Parser programs: those that bpf/kexec-bpf.h has too are the kernel's as well. */
#define LIMIT_BPF_INSNS  16384
/* Programs that a container has for one image. */
#define LIMIT_BPF_ALTERNATIVES 8
/* ELF sections of an object; clang makes about ten. */
#define LIMIT_BPF_ELF_SECTIONS 64
/* Calls inside each other, and bytes of stack of each: the kernel's numbers. */
#define LIMIT_BPF_FRAMES 8
#define LIMIT_BPF_STACK  512
/* Parser contexts that a program has got, in all. */
#define LIMIT_BPF_HANDLES 16
/* Programs of type 2: a light skeleton has four ring buffers and up to four data sections. */
#define LIMIT_BPF_MAPS 34
/* Descriptors that a loader has been given: maps, type information, a program. */
#define LIMIT_BPF_FDS 64
/* Bytes of all arrays together, and elements of one. */
#define LIMIT_BPF_ARRAY    (16 * MiB)
#define LIMIT_BPF_ELEMENTS 65536
/* A ring buffer, and the bytes in all records that are held; how many those may be. */
#define LIMIT_BPF_RING    (512 * MiB)
#define LIMIT_BPF_RECORDS 64
/* Parts that a program gives as bytes of its own, all together. */
#define LIMIT_BPF_INLINE (1 * GiB)
/* Bytes handed to bpf(2) as attributes, and of type information. */
#define LIMIT_BPF_ATTR 256
#define LIMIT_BPF_BTF  (1 * MiB)
/* Types inside types, from a pointer's target to a bare number. */
#define LIMIT_BPF_TYPE_DEPTH 32
/* Initrds of one image joined: the kernel reads no larger file either. */
#define LIMIT_BPF_INITRD (4 * GiB)
/* Threads that compute digests together. More would wait for memory, and each has a buffer. */
#define LIMIT_DIGEST_THREADS 8
/* The string table of an ELF envelope, which needs 35 bytes. */
#define LIMIT_ENVELOPE_NAMES 4096
/* Instructions carried out in one stage; 128 section headers read 12 times are 100000. */
#define LIMIT_BPF_STEPS 4000000
/* As many bytes moved by one call count as another instruction. */
#define LIMIT_BPF_STEP_BYTES 4096

/* Program headers of a dump; a machine with holes has some thousand. */
#define LIMIT_DUMP_SEGMENTS (1 << 17)
/* Records of a log in a row that are not in the dump; then the rest is not looked for. */
#define LIMIT_LOG_LOST (1 << 16)
/* Notes of a dump: some hundred bytes a CPU. */
#define LIMIT_DUMP_NOTES (64 * MiB)
/* The kernel's note about itself; a page of the largest kind, and what makes a note of it. */
#define LIMIT_VMCOREINFO (1 * MiB)
/* A page of the dumped machine. */
#define LIMIT_DUMP_PAGE (64 * KiB)
/* The kernel's own limit of log_buf_len. */
#define LIMIT_KERNEL_LOG (2 * GiB)

#endif
