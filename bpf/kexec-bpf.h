/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What a parser program and its host say to each other.
 *
 * A parser program travels in section .bpf of a PE image, or is handed over by
 * itself, as kernel_fd of kexec_file_load(2), the image as initrd_fd. It is handed
 * numbered input buffers (buffer 0 is the image), reads them through
 * bpf_parser_read() and names the parts to boot with commands given to
 * bpf_buffer_parser(); the last command is DONE. The host is the kernel
 * (bpf/kernel/) or our interpreter (bpf/vm/).
 *
 * This file is the one definition of that stream for both. The kernel series
 * adds it as include/uapi/linux/kexec_bpf.h with the kernel's integer names;
 * a number changed here must be changed there.
 *
 * All integers are little endian, commands are packed and need no alignment.
 */
#ifndef KEXEC_BPF_H
#define KEXEC_BPF_H

#include <stdint.h>

/* Command numbers; the subcommand names the part. */
enum kexec_bpf_cmd {
	KEXEC_BPF_DONE		= 1,	/* parsing succeeded; no payload */
	KEXEC_BPF_DECOMPRESS	= 2,	/* payload is a compressed kernel */
	KEXEC_BPF_COPY		= 3,	/* payload is a part as it is */
	KEXEC_BPF_VERIFY_SIG	= 4,	/* check the payload's PE signature */
};

enum kexec_bpf_part {
	KEXEC_BPF_KERNEL	= 1,	/* once */
	KEXEC_BPF_INITRD	= 2,	/* up to KEXEC_BPF_MAX_INITRDS, joined */
	KEXEC_BPF_CMDLINE	= 3,	/* once; the host cuts it at the NUL */
};

enum kexec_bpf_chunk_type {
	KEXEC_BPF_CHUNK_REF	= 1,
};

/* Every command starts with this; payload_len bytes follow. */
struct kexec_bpf_cmd_hdr {
	uint16_t cmd;
	uint8_t subcmd;
	uint8_t pipeline_flag;		/* 0 or 1; has no effect */
	uint32_t payload_len;
	uint16_t num_chunks;		/* 0: inline payload, 1: one REF */
} __attribute__((packed));

struct kexec_bpf_chunk {
	uint16_t type;
	uint32_t len;
} __attribute__((packed));

/*
 * A part by reference: bytes of an input buffer. Many formats say how large the
 * kernel is when decompressed: then that is told here, and data that becomes more
 * or less is refused as broken.
 */
struct kexec_bpf_ref {
	uint32_t buf;
	uint32_t size;			/* of the result of DECOMPRESS; 0: any */
	uint64_t off;
	uint64_t len;			/* not 0 */
} __attribute__((packed));

/* The whole of a command with a reference: 40 bytes, payload_len 30. */
struct kexec_bpf_ref_cmd {
	struct kexec_bpf_cmd_hdr hdr;
	struct kexec_bpf_chunk chunk;
	struct kexec_bpf_ref ref;
} __attribute__((packed));

#define KEXEC_BPF_MAX_BUFS		16

/* The context of a SEC("syscall") program (type 1): a private copy. */
struct kexec_bpf_ctx {
	uint32_t version;		/* KEXEC_BPF_CTX_VERSION */
	uint32_t flags;			/* KEXEC_BPF_F_* */
	uint64_t parser_id;		/* for bpf_get_parser_context() */
	uint32_t nr_bufs;
	uint32_t reserved;		/* 0 */
	uint64_t buf_size[KEXEC_BPF_MAX_BUFS];
};

#define KEXEC_BPF_CTX_VERSION		1
#define KEXEC_BPF_F_CRASH		1u	/* this is a crash load */
#define KEXEC_BPF_F_ENFORCED		2u	/* signatures are enforced */

/* What a host can do; the enumerators are in its BTF. */
enum kexec_parser_abi {
	KEXEC_PARSER_ABI_REF		= 1,	/* parts by reference */
	KEXEC_PARSER_ABI_READ		= 2,	/* bpf_parser_read() */
	KEXEC_PARSER_ABI_PLAIN		= 3,	/* plain objects (type 1) */
	KEXEC_PARSER_ABI_SKELETON	= 4,	/* light skeletons (type 2) */
	KEXEC_PARSER_ABI_SIZE		= 5,	/* a reference's size */
	KEXEC_PARSER_ABI_CONTAINER	= 6,	/* several programs in one file */
	KEXEC_PARSER_ABI_DETACHED	= 7,	/* parser in kernel_fd, image in initrd_fd */
};

/* Limits of both hosts; lib/limits.h repeats them. */
#define KEXEC_BPF_MAX_OBJECT		(1u << 20)	/* bytes in .bpf */
#define KEXEC_BPF_MAX_INSNS		16384u
#define KEXEC_BPF_MAX_SECTIONS		128u	/* of a PE image */
#define KEXEC_BPF_MAX_ELF_SECTIONS	64u	/* of what is in .bpf */
#define KEXEC_BPF_MAX_INITRDS		16u
#define KEXEC_BPF_MAX_INITRD		(4ull << 30)	/* bytes of all */
#define KEXEC_BPF_MAX_DECOMPRESSED	(512u << 20)
#define KEXEC_BPF_MAX_CMDLINE		(64u << 10)	/* after the cut */
#define KEXEC_BPF_MAX_DEPTH		4u	/* images taken apart */
#define KEXEC_BPF_MAX_ALTERNATIVES	8u	/* programs for one image */

#endif /* KEXEC_BPF_H */
