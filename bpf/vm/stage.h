/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of one program on one image: what the program may read, and what it
 * has asked for. The rules for commands are the kernel's, to the letter
 * (BPF_ABI.md; bpf/kernel/, kexec_bpf_stage.c): a command only notes what is
 * wanted, the first that fails spoils the stage, nothing is copied or unpacked
 * before the program has ended well. bpf/run.c does that.
 */
#ifndef BPF_VM_STAGE_H
#define BPF_VM_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/kexec-bpf.h"
#include "lib/blob.h"
#include "lib/limits.h"
#include "lib/why.h"

struct stage_part {
	bool given;
	bool compressed;
	uint32_t size;       /* bytes that it must become when unpacked; 0: any */
	struct extent bytes; /* of the image, unless .own has them */
	struct blob own;     /* inline payload; kind BLOB_NONE: none */
};

/* Told about every call and command, one line each without newline. */
struct vm_trace {
	void (*line)(void *arg, const char *text);
	void *arg;
};

struct vm_stage {
	/* Set by the caller. */
	struct extent image; /* buffer 0, the only one there is */
	uint64_t id;         /* for bpf_get_parser_context() */
	bool enforced;
	bool envelope; /* a signature would be that of .image itself, not of one around it */
	const struct vm_trace *trace; /* NULL: none */

	/* What was asked for. */
	bool done;
	bool unknown;      /* what the last command asked for, only a kernel can do */
	int err;           /* of the first command that failed */
	struct why reason; /* for that */
	struct stage_part kernel, cmdline, initrd[LIMIT_INITRDS];
	size_t nr_initrd;
	uint64_t inline_bytes; /* of payloads that were copied */
};

/* Frees what the stage still owns. Safe on zeroes; leaves zeroes. */
void stage_done(struct vm_stage *s);
#define autostage __attribute__((cleanup(stage_done)))

/* May the program have these bytes? 1, 0, or -errno of reading. */
int stage_covers(const struct vm_stage *s, uint64_t off, uint64_t len, bool headers);

/*
 * One command of the stream. 0, or what the kernel returns to the program; the
 * stage remembers it with a reason.
 */
int stage_command(struct vm_stage *s, struct span command);

void stage_trace(const struct vm_stage *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
