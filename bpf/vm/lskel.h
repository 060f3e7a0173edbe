/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Light skeletons (type 2): a loader program and its data, as "bpftool gen skeleton
 * -L" writes them. The kernel runs the loader, which makes maps and loads the parser
 * by bpf(2); here lskel.c runs it, and emu-bpf.c and capture.c are that system call.
 * What the loader cannot see of a kernel's inside is as the kernel's half has it
 * (bpf/kernel/, kexec_bpf_skel.c).
 */
#ifndef BPF_VM_LSKEL_H
#define BPF_VM_LSKEL_H

#include "bpf/vm/elf.h"
#include "bpf/vm/machine.h"

/* The two arrays, inside the object. */
struct lskel {
	struct span data, insns;
};

/* 1 and the arrays; 0 if the object is no light skeleton; -ENOEXEC if it is a broken one. */
int lskel_find(struct lskel *ret, const struct elf *elf, struct why *w);

/* Runs the loader; the parser that it loads is @ret. Errors are those of vm_load(). */
int lskel_load(struct vm_program *ret, const struct lskel *skel, const struct vm_trace *trace,
	       struct why *w);

/* What a descriptor that the loader has been given stands for. */
enum lskel_kind { LSKEL_CLOSED, LSKEL_MAP, LSKEL_BTF, LSKEL_PROGRAM };

/* Descriptors start here, so that 0, which skeletons take for none, is none. */
#define LSKEL_FIRST_FD 3

/* One run of a loader. */
struct lskel_loader {
	struct vm_world *world;
	struct {
		enum lskel_kind kind;
		size_t map;
	} fd[LIMIT_BPF_FDS];
	size_t nr_fds;
	unsigned char *btf; /* the program's type information; owned */
	size_t btf_size;    /* bytes */
	struct vm_program parser;
	bool anchored; /* sleepable, and for fentry on the anchor */
};

/* A new descriptor, or -EMFILE. */
int lskel_new_fd(struct lskel_loader *l, enum lskel_kind kind, size_t map);
/* The map behind a descriptor; -1: it is no map's. */
int lskel_map_of(const struct lskel_loader *l, int32_t fd);

/*
 * What the loader finds of the kernel by name: identifiers of ours. 0: there is no
 * such function here.
 */
#define LSKEL_ANCHOR_ID 0x1000
#define LSKEL_KFUNC_ID	0x2000 /* and the row of the function */

/* The helpers that only loaders have. */
int lskel_sys_bpf(struct vm *vm, const uint64_t *args, uint64_t *ret);
int lskel_btf_find(struct vm *vm, const uint64_t *args, uint64_t *ret);
int lskel_close(struct vm *vm, const uint64_t *args, uint64_t *ret);
int lskel_kallsyms(struct vm *vm, const uint64_t *args, uint64_t *ret);

/* BPF_PROG_LOAD: checks, links and relocates the parser. 0, or the end of the run. */
int lskel_capture(struct vm *vm, struct span attr);

/*
 * Applies a program's CO-RE relocations, @records of 16 bytes each, against the types
 * that the kernel's half defines. @btf: the program's own type information.
 * -EBADMSG: they are malformed; -EOPNOTSUPP: they need what is not known here.
 */
int core_relocate(struct vm_program *p, struct span btf, struct span records, struct why *w);

#endif
