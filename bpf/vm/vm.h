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
 * Both types of BPF_ABI.md: (1) a SEC("syscall") program without maps; (2) a light
 * skeleton, whose loader program is run by vm_load() and loads the parser.
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
struct vm_trace;
struct vm_world;

enum vm_kind {
	VM_PLAIN,    /* type 1 */
	VM_LOADER,   /* of type 2: creates maps, loads the parser */
	VM_ATTACHED, /* of type 2: the parser, by fentry on the anchor */
};

struct vm_program {
	enum vm_kind kind;
	struct vm_insn *insns; /* owned */
	size_t nr;
	struct vm_world *world; /* owned; what a parser of type 2 has beside its stack */
};

/*
 * Reads an object of type 1, or one of type 2, whose loader it runs. @trace, which
 * may be NULL, is told what that calls. -ENOEXEC: it is neither, or breaks one of the
 * rules; -EOPNOTSUPP: what a loader asks for exists, but not here; -E2BIG over
 * LIMIT_BPF_INSNS and other limits; -EBADMSG: a loader does what is forbidden; -ENOMEM.
 */
int vm_load(struct vm_program *ret, struct span object, const struct vm_trace *trace,
	    struct why *w);

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
 * Runs a checked program of type 1 with r1 pointing at a copy of @ctx that it cannot
 * write. Its calls act on @stage. 0: it ended by itself and @ret is its r0;
 * -EBADMSG: it did something forbidden; -E2BIG: it took more than
 * LIMIT_BPF_STEPS; other errors: the stage could not do what it asked for.
 */
int vm_run(const struct vm_program *p, struct span ctx, struct vm_stage *stage, uint64_t *ret,
	   struct why *w);

/*
 * The same for a parser of type 2, called as the anchor's call would call it. It must
 * return 0, which says nothing: its commands have said everything.
 */
int vm_run_attached(const struct vm_program *p, bool crash, struct vm_stage *stage, struct why *w);

#endif
