/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the machine: what interp.c, alu.c, memory.c, kfuncs.c and helpers.c share.
 *
 * Addresses in a program are numbers of ours, not of this process: regions are
 * far apart and 0 is in none of them, so arithmetic that leaves a region never
 * arrives in another.
 */
#ifndef BPF_VM_MACHINE_H
#define BPF_VM_MACHINE_H

#include "bpf/vm/stage.h"
#include "bpf/vm/vm.h"
#include "bpf/vm/world.h"

#define VM_CTX_BASE    UINT64_C(0x100000000000)
#define VM_STACK_BASE  UINT64_C(0x200000000000)
#define VM_STACK_STEP  UINT64_C(0x000100000000) /* from one frame to the next */
#define VM_HANDLE_BASE UINT64_C(0x300000000000)
#define VM_HANDLE_STEP UINT64_C(0x000100000000)
/* Memory of the kernel that programs of type 2 see: world.h has their own. */
#define VM_KERNEL_BASE UINT64_C(0x400000000000) /* struct kexec_context */
#define VM_IMAGE_BASE  UINT64_C(0x500000000000) /* only for bpf_probe_read_kernel() */

enum vm_access { VM_READ, VM_WRITE };

/* Stack of one frame; bytes that nobody has written yet cannot be read. */
struct vm_frame {
	unsigned char bytes[LIMIT_BPF_STACK];
	bool written[LIMIT_BPF_STACK];
	/* What exit restores: the caller's registers and where it goes on. */
	uint64_t saved[R9 - R6 + 1];
	uint16_t saved_live;
	size_t return_to;
};

/* Parser contexts that the program has got: BPF_ABI.md, kfuncs. */
struct vm_handle {
	bool checked;  /* compared with NULL */
	bool released;
};

struct vm {
	const struct vm_program *program;
	struct vm_stage *stage;
	unsigned char *ctx;
	size_t ctx_size;             /* bytes */
	struct span kernel;          /* struct kexec_context; none: type 1 */
	struct lskel_loader *loader; /* whose program this is; NULL: a parser */
	struct why *why;

	uint64_t reg[NR_REGS];
	uint16_t live; /* bit n: register n holds a value */
	size_t pc;     /* of the instruction that is being carried out */
	uint64_t steps;

	struct vm_frame frame[LIMIT_BPF_FRAMES];
	size_t depth; /* index of the innermost frame */

	struct vm_handle handle[LIMIT_BPF_HANDLES];
	size_t nr_handles;
};

/* Says what the program did wrong, with instruction and registers, and returns @err. */
int vm_violation(struct vm *vm, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Copies between a program's memory and ours; -EBADMSG and the reason if it may not. */
int vm_read(struct vm *vm, uint64_t addr, void *ret, size_t len);
int vm_write(struct vm *vm, uint64_t addr, const void *bytes, size_t len);

/*
 * Where these bytes of a program's memory are in ours, if it may hand them out for
 * that; good until its next instruction. What is written there must be told to
 * vm_wrote(): until then the stack below it holds nothing.
 */
int vm_bytes(struct vm *vm, uint64_t addr, uint64_t len, enum vm_access access,
	     unsigned char **ret);
void vm_wrote(struct vm *vm, uint64_t addr, uint64_t len);

/* Loads and stores are aligned, as the verifier wants them; buffers of calls need not be. */
int vm_aligned(struct vm *vm, uint64_t addr, size_t len);

/* The ALU instruction @i on @dst; @src is the second operand, immediate or register. */
uint64_t vm_alu(const struct vm_insn *i, uint64_t dst, uint64_t src);

/* Does the conditional jump @i take place? */
bool vm_condition(const struct vm_insn *i, uint64_t dst, uint64_t src);

/* One of the functions that programs call, by name or by number. */
struct vm_function {
	const char *name;
	unsigned int nr_args;
	/* Negative: ends the run. @ret: r0 afterwards; 1: nobody here knows what it would be. */
	int (*call)(struct vm *vm, const uint64_t *args, uint64_t *ret);
	int helper;      /* its number, if it has one */
	unsigned int of; /* for helpers: the kinds of program that may call it, a bit each */
};

/* Row @i of the table of the host's functions, NULL after the last. */
const struct vm_function *vm_kfunc(size_t i);
/* The helper of that number; NULL: there is none for programs of that kind. */
const struct vm_function *vm_helper(enum vm_kind kind, int32_t number);

/* @value was compared with 0: if something may be NULL there, it is known not to be. */
void vm_null_checked(struct vm *vm, uint64_t value);
/* Everything given back that must be? */
int vm_check_handles(struct vm *vm);

/* An errno as functions return it: an int, its upper half undefined to programs; 0 here. */
static inline uint64_t vm_int(int value)
{
	return (uint32_t)value;
}

/* What helpers return is 64 bits wide. */
static inline uint64_t vm_long(int value)
{
	return (uint64_t)(int64_t)value;
}

/* Runs what @vm was made ready for, with @args in r1 and up: see vm_run(). */
int vm_execute(struct vm *vm, const uint64_t *args, size_t nr_args, uint64_t *ret);

/* The kernel lets only programs under some licences call its functions. -ENOEXEC. */
int vm_check_license(const char *text, struct why *w);

#endif
