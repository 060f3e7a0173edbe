/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shape of a program, proven before its first instruction: every opcode is
 * in the table, fields it does not use are 0, jumps arrive at instructions of
 * the same function, control cannot run off the end, everything is reached.
 * After this the interpreter may take the program counter for granted.
 */
#include <errno.h>
#include <stdlib.h>

#include "bpf/vm/machine.h"
#include "lib/cleanup.h"

enum {
	SECOND_HALF = 1, /* of ld_imm64: no instruction starts here */
	FUNCTION = 2,    /* a function starts here */
	REACHED = 4,
};

struct checker {
	const struct vm_program *program;
	unsigned char *mark; /* one an instruction */
	uint32_t *todo;      /* reached, successors not looked at yet */
	size_t nr_todo;
	struct why *why;
};

static int refuse(const struct checker *c, size_t at, int err, const char *reason)
{
	char text[96];

	vm_insn_text(text, sizeof(text), at, &c->program->insns[at]);
	return why(c->why, err, "%s %s", text, reason);
}

/* The stack as the frame pointer sees it; other pointers are looked at when they are used. */
static const char *bad_stack_access(const struct vm_insn *i)
{
	int size = vm_access_size(i->code);
	int class = INSN_CLASS(i->code);
	int base = class == CLASS_LDX ? i->src : i->dst;

	if ((class != CLASS_LDX && class != CLASS_ST && class != CLASS_STX) || base != R10)
		return NULL;
	if (i->off < -LIMIT_BPF_STACK || i->off + size > 0)
		return "is outside the stack";
	return i->off % size ? "is a misaligned access to the stack" : NULL;
}

static const char *bad_immediate(const struct vm_insn *i)
{
	int width = INSN_CLASS(i->code) == CLASS_ALU64 ? 64 : 32;
	int op = INSN_OP(i->code);

	if (INSN_CLASS(i->code) != CLASS_ALU64 && INSN_CLASS(i->code) != CLASS_ALU32)
		return NULL;
	if (op == ALU_END)
		return i->imm == 16 || i->imm == 32 || i->imm == 64 ? NULL :
								      "has a width that does not exist";
	if (i->code & SRC_REG)
		return NULL;
	if ((op == ALU_DIV || op == ALU_MOD) && i->imm == 0)
		return "divides by zero";
	if ((op == ALU_LSH || op == ALU_RSH || op == ALU_ARSH) && (i->imm < 0 || i->imm >= width))
		return "shifts by more than the register has";
	return NULL;
}

static bool good_offset(const struct vm_insn *i, int fields)
{
	if (i->off == 0 || (fields & USES_OFF))
		return true;
	if (fields & OFF_SIGN)
		return i->off == 1;
	if (fields & OFF_WIDTH)
		return i->off == 8 || i->off == 16 ||
		       (i->off == 32 && INSN_CLASS(i->code) == CLASS_ALU64);
	return false;
}

static const char *bad_call(const struct vm_insn *i, enum vm_kind kind)
{
	if (i->src == CALL_HELPER && !vm_helper(kind, i->imm) &&
	    (kind != VM_ATTACHED || i->imm != CALL_POISON))
		return "calls a helper function that is unknown here";
	if (i->src == CALL_KFUNC && (kind == VM_LOADER || i->imm < 0 || !vm_kfunc(i->imm)))
		return "calls a kernel function that is unknown here";
	return i->src > CALL_KFUNC ? "calls something of a kind that does not exist" : NULL;
}

/* One instruction by itself; ld_imm64 also marks its second half. */
static int check_insn(struct checker *c, size_t at)
{
	const struct vm_insn *i = &c->program->insns[at];
	const struct vm_opcode *op = vm_opcode(i->code);
	bool any_src = i->code == OP_CALL || i->code == OP_LD_IMM64;
	const char *bad;

	if (!op->name)
		return refuse(c, at, -EBADMSG, "does not exist");
	if (op->refused)
		return why(c->why, -EOPNOTSUPP, "insn %zu (%s) is %s, which is not supported", at,
			   op->name, op->refused);
	if (i->dst > R10 || (i->src > R10 && !any_src))
		return refuse(c, at, -EBADMSG, "uses a register that does not exist");
	if ((op->fields & SETS_DST) && i->dst == R10)
		return refuse(c, at, -EBADMSG, "writes the frame pointer r10");
	if ((!(op->fields & (USES_DST | SETS_DST)) && i->dst) ||
	    (!(op->fields & USES_SRC) && i->src && !any_src) ||
	    (!(op->fields & USES_IMM) && i->imm) || !good_offset(i, op->fields))
		return refuse(c, at, -EBADMSG, "has something in a field that it does not use");
	if (i->code == OP_LD_IMM64) {
		if (at + 1 == c->program->nr || c->program->insns[at + 1].code ||
		    c->program->insns[at + 1].dst || c->program->insns[at + 1].src ||
		    c->program->insns[at + 1].off)
			return refuse(c, at, -EBADMSG, "has no second half");
		c->mark[at + 1] |= SECOND_HALF;
		if (i->src)
			return refuse(c, at, -EOPNOTSUPP, "uses a map or global data");
		return 0;
	}
	bad = i->code == OP_CALL ? bad_call(i, c->program->kind) : bad_immediate(i);
	if (bad)
		return refuse(c, at, i->code == OP_CALL ? -EOPNOTSUPP : -EBADMSG, bad);
	bad = bad_stack_access(i);
	return bad ? refuse(c, at, -EBADMSG, bad) : 0;
}

/* Where a jump or call arrives; checked to be an instruction. */
static int find_target(const struct checker *c, size_t at, size_t *ret)
{
	int64_t target = (int64_t)at + 1 + insn_distance(&c->program->insns[at]);

	if (target < 0 || (uint64_t)target >= c->program->nr)
		return refuse(c, at, -EBADMSG, "goes out of the program");
	if (c->mark[target] & SECOND_HALF)
		return refuse(c, at, -EBADMSG, "goes into the middle of ld_imm64");
	*ret = target;
	return 0;
}

static bool is_subprogram_call(const struct vm_insn *i)
{
	return i->code == OP_CALL && i->src == CALL_SUBPROGRAM;
}

static int mark_functions(struct checker *c)
{
	c->mark[0] |= FUNCTION;
	for (size_t at = 0; at < c->program->nr; at++) {
		size_t target;
		int r;

		if ((c->mark[at] & SECOND_HALF) || !is_subprogram_call(&c->program->insns[at]))
			continue;
		r = find_target(c, at, &target);
		if (r < 0)
			return r;
		c->mark[target] |= FUNCTION;
	}
	return 0;
}

/* Everything between @start and @end is one function: jumps stay inside, the end is one. */
static int check_function(const struct checker *c, size_t start, size_t end)
{
	size_t last = c->mark[end - 1] & SECOND_HALF ? end - 2 : end - 1;
	const struct vm_insn *i = &c->program->insns[last];

	for (size_t at = start; at < end; at++) {
		size_t target;
		int r;

		if ((c->mark[at] & SECOND_HALF) || !insn_is_jump(&c->program->insns[at]))
			continue;
		r = find_target(c, at, &target);
		if (r < 0)
			return r;
		if (target < start || target >= end)
			return refuse(c, at, -EBADMSG, "jumps into another function");
	}
	if (i->code != OP_EXIT && !insn_is_unconditional(i))
		return refuse(c, last, -EBADMSG, "is last, and execution would run off the end");
	return 0;
}

static int check_functions(const struct checker *c)
{
	size_t start = 0;

	for (size_t at = 1; at <= c->program->nr; at++) {
		int r;

		if (at < c->program->nr && !(c->mark[at] & FUNCTION))
			continue;
		r = check_function(c, start, at);
		if (r < 0)
			return r;
		start = at;
	}
	return 0;
}

/* Each instruction is put on the list once: the list is as long as the program. */
static void reach(struct checker *c, size_t at)
{
	if (c->mark[at] & REACHED)
		return;
	c->mark[at] |= REACHED;
	c->todo[c->nr_todo++] = at;
}

static int check_reached(struct checker *c)
{
	reach(c, 0);
	while (c->nr_todo > 0) {
		size_t at = c->todo[--c->nr_todo], target;
		const struct vm_insn *i = &c->program->insns[at];

		if (insn_is_jump(i) || is_subprogram_call(i)) {
			int r = find_target(c, at, &target);

			if (r < 0)
				return r;
			reach(c, target);
		}
		if (i->code != OP_EXIT && !insn_is_unconditional(i))
			reach(c, at + (i->code == OP_LD_IMM64 ? 2 : 1));
	}
	for (size_t at = 0; at < c->program->nr; at++)
		if (!(c->mark[at] & (REACHED | SECOND_HALF)))
			return refuse(c, at, -EBADMSG, "is never reached");
	return 0;
}

int vm_check(const struct vm_program *p, struct why *w)
{
	autofree unsigned char *mark = calloc(p->nr + 1, sizeof(*mark));
	autofree uint32_t *todo = calloc(p->nr + 1, sizeof(*todo));
	struct checker c = { .program = p, .mark = mark, .todo = todo, .why = w };
	int r = 0;

	if (!mark || !todo)
		return why(w, -ENOMEM, "out of memory");
	if (p->nr == 0 || p->nr > LIMIT_BPF_INSNS)
		return why(w, -E2BIG, "program of %zu instructions", p->nr);
	for (size_t at = 0; r == 0 && at < p->nr; at++)
		if (!(mark[at] & SECOND_HALF))
			r = check_insn(&c, at);
	if (r == 0)
		r = mark_functions(&c);
	if (r == 0)
		r = check_functions(&c);
	if (r == 0)
		r = check_reached(&c);
	return r;
}
