/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small, strict BPF machine: load, check, run.
 *
 * vm_load() takes a parser program out of its object by the kernel's rules,
 * vm_check() proves its shape before the first instruction, vm_run() interprets
 * it with every access checked and every instruction counted. A program is
 * untrusted: whatever it holds, the worst that happens is a refusal that names
 * instruction, registers and reason.
 *
 * Refused is also what runs, but what the kernel's verifier would not take:
 * registers and stack bytes read before they were written, misaligned stack
 * accesses, instructions that cannot be reached, a parser context that is not
 * checked for NULL, not given back, or used afterwards. The verifier looks at all
 * paths, this machine at the one taken: what runs here may still be refused there.
 *
 * Only type 1 of BPF_ABI.md so far: a SEC("syscall") program without maps.
 */
#ifndef BPF_VM_H
#define BPF_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/vm/insn.h"
#include "lib/limits.h"
#include "lib/span.h"
#include "lib/why.h"

struct vm_stage;

struct vm_program {
	struct vm_insn *insns; /* owned */
	size_t nr;
};

/*
 * Reads an object of type 1 (ELF64, relocatable, EM_BPF). -ENOEXEC: it is none,
 * or breaks one of the rules; -EOPNOTSUPP: of type 2; -E2BIG over LIMIT_BPF_INSNS;
 * -ENOMEM.
 */
int vm_load(struct vm_program *ret, struct span object, struct why *w);

/* Decodes raw instructions, as they stand in an object. -ENOEXEC, -E2BIG, -ENOMEM. */
int vm_decode(struct vm_program *ret, struct span code, struct why *w);

void vm_program_done(struct vm_program *p);
#define autoprogram __attribute__((cleanup(vm_program_done)))

/*
 * -EBADMSG: the program is malformed; -EOPNOTSUPP: it uses what exists in BPF,
 * but not here (an atomic operation, a helper function); -ENOMEM.
 */
int vm_check(const struct vm_program *p, struct why *w);

/*
 * Runs a checked program with r1 pointing at a read-only copy of @ctx. Its
 * calls act on @stage. 0: it ended by itself and @ret is its r0;
 * -EBADMSG: it did something forbidden; -E2BIG: it took more than
 * LIMIT_BPF_STEPS; other errors: the stage could not do what it asked for.
 */
int vm_run(const struct vm_program *p, struct span ctx, struct vm_stage *stage, uint64_t *ret,
	   struct why *w);

#endif
