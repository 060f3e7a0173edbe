/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm/machine.h"
#include "lib/cleanup.h"

/* What steps return beside errors. */
enum { GO_ON = 0, ENDED = 1 };

/* Every register that holds something: which of them matter is not known here. */
static void registers_text(char *ret, size_t size, const struct vm *vm)
{
	size_t used = 0;

	ret[0] = '\0';
	for (int r = R0; r <= R9 && used < size; r++)
		if (vm->live & 1 << r)
			used += snprintf(ret + used, size - used, " r%d=%#llx", r,
					 (unsigned long long)vm->reg[r]);
}

int vm_violation(struct vm *vm, int err, const char *fmt, ...)
{
	char insn[96], reason[160], registers[300];
	va_list ap;

	vm_insn_text(insn, sizeof(insn), vm->pc, &vm->program->insns[vm->pc]);
	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	registers_text(registers, sizeof(registers), vm);
	return why(vm->why, err, "%s %s;%s", insn, reason, registers);
}

static bool is_live(const struct vm *vm, unsigned int reg)
{
	return vm->live & 1 << reg;
}

static void set(struct vm *vm, unsigned int reg, uint64_t value)
{
	vm->reg[reg] = value;
	vm->live |= 1 << reg;
}

static int check_registers(struct vm *vm, const struct vm_insn *i)
{
	int fields = vm_opcode(i->code)->fields;

	if ((fields & USES_DST) && !is_live(vm, i->dst))
		return vm_violation(vm, -EBADMSG, "reads r%u, which holds nothing", i->dst);
	if ((fields & USES_SRC) && !is_live(vm, i->src))
		return vm_violation(vm, -EBADMSG, "reads r%u, which holds nothing", i->src);
	return 0;
}

/* The second operand: a register, or the immediate, sign-extended. */
static uint64_t operand(const struct vm *vm, const struct vm_insn *i)
{
	return vm_opcode(i->code)->fields & USES_SRC ? vm->reg[i->src] : (uint64_t)(int64_t)i->imm;
}

/* Values in a program's memory are little endian, like the programs. */
static uint64_t from_bytes(const unsigned char *bytes, size_t len)
{
	uint64_t value = 0;

	for (size_t n = len; n-- > 0;)
		value = value << 8 | bytes[n];
	return value;
}

static int step_load(struct vm *vm, const struct vm_insn *i)
{
	size_t len = vm_access_size(i->code);
	uint64_t addr = vm->reg[i->src] + (uint64_t)(int64_t)i->off;
	uint64_t sign = UINT64_C(1) << (8 * len - 1), value;
	unsigned char bytes[8];
	int r = vm_aligned(vm, addr, len);

	if (r == 0)
		r = vm_read(vm, addr, bytes, len);
	if (r < 0)
		return r;
	value = from_bytes(bytes, len);
	if (INSN_MODE(i->code) == MODE_MEMSX)
		value = (value ^ sign) - sign;
	set(vm, i->dst, value);
	return 0;
}

static int step_store(struct vm *vm, const struct vm_insn *i)
{
	size_t len = vm_access_size(i->code);
	uint64_t addr = vm->reg[i->dst] + (uint64_t)(int64_t)i->off;
	uint64_t value = operand(vm, i);
	unsigned char bytes[8];
	int r = vm_aligned(vm, addr, len);

	for (size_t n = 0; n < sizeof(bytes); n++)
		bytes[n] = value >> 8 * n;
	return r == 0 ? vm_write(vm, addr, bytes, len) : r;
}

static int call_function(struct vm *vm, const struct vm_function *f)
{
	uint64_t ret = 0;
	int r;

	for (unsigned int n = 0; n < f->nr_args; n++)
		if (!is_live(vm, R1 + n))
			return vm_violation(vm, -EBADMSG, "calls %s with nothing in r%u", f->name,
					    R1 + n);
	r = f->call(vm, &vm->reg[R1], &ret);
	if (r < 0)
		return r;
	for (unsigned int n = R1; n <= R5; n++)
		vm->live &= ~(1 << n);
	set(vm, R0, ret);
	if (r > 0)
		vm->live &= ~(1 << R0);
	return 0;
}

/* vm_check() has seen that there is such a function, or CO-RE has put this here. */
static int call_host(struct vm *vm, const struct vm_insn *i)
{
	if (i->src == CALL_HELPER && i->imm == CALL_POISON)
		return vm_violation(
			vm, -EBADMSG,
			"needs a type, a field or a constant that the kernel does not have");
	return call_function(vm, i->src == CALL_KFUNC ? vm_kfunc(i->imm)
						      : vm_helper(vm->program->kind, i->imm));
}

static uint64_t frame_top(size_t depth)
{
	return VM_STACK_BASE + depth * VM_STACK_STEP + LIMIT_BPF_STACK;
}

static void enter_frame(struct vm *vm, size_t depth)
{
	vm->depth = depth;
	memset(vm->frame[depth].written, false, sizeof(vm->frame[depth].written));
	set(vm, R10, frame_top(depth));
}

static int call_subprogram(struct vm *vm, const struct vm_insn *i)
{
	struct vm_frame *f;

	if (vm->depth + 1 == LIMIT_BPF_FRAMES)
		return vm_violation(vm, -EBADMSG, "is a call at depth %d, the deepest there is",
				    LIMIT_BPF_FRAMES);
	f = &vm->frame[vm->depth + 1];
	memcpy(f->saved, &vm->reg[R6], sizeof(f->saved));
	f->saved_live = vm->live;
	f->return_to = vm->pc + 1;
	vm->live &= 1 << R1 | 1 << R2 | 1 << R3 | 1 << R4 | 1 << R5;
	enter_frame(vm, vm->depth + 1);
	vm->pc += 1 + i->imm;
	return GO_ON;
}

static int step_exit(struct vm *vm)
{
	const struct vm_frame *f = &vm->frame[vm->depth];
	uint16_t kept = 1 << R6 | 1 << R7 | 1 << R8 | 1 << R9;

	if (vm->depth == 0)
		return is_live(vm, R0) ? ENDED : vm_violation(vm, -EBADMSG,
							      "ends the program with nothing in r0");
	memcpy(&vm->reg[R6], f->saved, sizeof(f->saved));
	/* A function of a program's own may return nothing, unless somebody looks. */
	vm->live = (vm->live & 1 << R0) | (f->saved_live & kept);
	vm->pc = f->return_to;
	vm->depth--;
	set(vm, R10, frame_top(vm->depth));
	return GO_ON;
}

static int step_jump(struct vm *vm, const struct vm_insn *i)
{
	int op = INSN_OP(i->code);
	uint64_t other;

	if (i->code == OP_EXIT)
		return step_exit(vm);
	if (i->code == OP_CALL && i->src == CALL_SUBPROGRAM)
		return call_subprogram(vm, i);
	if (i->code == OP_CALL) {
		int r = call_host(vm, i);

		vm->pc++;
		return r;
	}
	if (i->code == OP_MAY_GOTO) {
		/*
		 * The kernel jumps when it has come here some 8 million times; here the
		 * budget of instructions ends the program before.
		 */
		vm->pc++;
		return GO_ON;
	}
	if (insn_is_unconditional(i)) {
		vm->pc += 1 + insn_distance(i);
		return GO_ON;
	}
	other = operand(vm, i);
	if ((op == JMP_JEQ || op == JMP_JNE) && other == 0 && INSN_CLASS(i->code) == CLASS_JMP)
		vm_null_checked(vm, vm->reg[i->dst]);
	vm->pc += vm_condition(i, vm->reg[i->dst], other) ? 1 + insn_distance(i) : 1;
	return GO_ON;
}

static int step(struct vm *vm)
{
	const struct vm_insn *i = &vm->program->insns[vm->pc];
	int r = check_registers(vm, i);

	if (r < 0)
		return r;
	switch (INSN_CLASS(i->code)) {
	case CLASS_LD: /* ld_imm64: the second slot has the upper half */
		set(vm, i->dst, (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm);
		vm->pc++;
		break;
	case CLASS_LDX:
		r = step_load(vm, i);
		break;
	case CLASS_ST:
	case CLASS_STX:
		r = step_store(vm, i);
		break;
	case CLASS_ALU32:
	case CLASS_ALU64:
		set(vm, i->dst, vm_alu(i, vm->reg[i->dst], operand(vm, i)));
		break;
	default:
		return step_jump(vm, i);
	}
	if (r == 0)
		vm->pc++;
	return r;
}

int vm_execute(struct vm *vm, const uint64_t *args, size_t nr_args, uint64_t *ret)
{
	int r = GO_ON;

	enter_frame(vm, 0);
	for (size_t n = 0; n < nr_args; n++)
		set(vm, R1 + n, args[n]);
	while (r == GO_ON) {
		if (vm->steps++ >= LIMIT_BPF_STEPS)
			return vm_violation(vm, -E2BIG, "is where %d instructions have been used up",
					    LIMIT_BPF_STEPS);
		r = step(vm);
	}
	if (r == ENDED)
		r = vm_check_handles(vm);
	*ret = vm->reg[R0];
	return r;
}

int vm_run(const struct vm_program *p, struct span ctx, struct vm_stage *stage, uint64_t *ret,
	   struct why *w)
{
	static const uint64_t args[] = { VM_CTX_BASE };
	unsigned char copy[sizeof(struct kexec_bpf_ctx)];
	autofree struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return why(w, -ENOMEM, "out of memory");
	if (ctx.size > sizeof(copy) || !span_get(copy, ctx, 0, ctx.size))
		return why(w, -E2BIG, "context of %zu bytes", ctx.size);
	vm->program = p;
	vm->stage = stage;
	vm->ctx = copy;
	vm->ctx_size = ctx.size;
	vm->why = w;
	return vm_execute(vm, args, ARRAY_SIZE(args), ret);
}
