/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every instruction, by the tables of tests/bpf/insns.h; and that no opcode was forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "bpf/vm/stage.h"
#include "bpf/vm/vm.h"
#include "lib/cleanup.h"
#include "tests/bpf/insns.h"

static bool tested[256];

/* The instructions in front of the padding with zeros that initialisers leave. */
static size_t length(const struct vm_insn *code, size_t max)
{
	static const struct vm_insn none;

	while (max > 0 && memcmp(&code[max - 1], &none, sizeof(none)) == 0)
		max--;
	return max;
}

static uint64_t run(const char *name, const struct vm_insn *code, size_t nr)
{
	autostage struct vm_stage stage = { 0 };
	struct vm_program p = { .insns = (struct vm_insn *)code, .nr = nr };
	struct why w = { 0 };
	uint64_t r0 = 0;

	for (size_t i = 0; i < nr; i++)
		tested[code[i].code] = true;
	if (vm_check(&p, &w) < 0 || vm_run(&p, (struct span){ 0 }, &stage, &r0, &w) < 0)
		fail_msg("%s: %s", name, w.text);
	return r0;
}

static void expect(const char *name, uint64_t got, uint64_t want)
{
	if (got != want)
		fail_msg("%s: %#llx, expected %#llx", name, (unsigned long long)got,
			 (unsigned long long)want);
}

static void test_alu(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(alu_cases); i++) {
		const struct alu_case *c = &alu_cases[i];
		const struct vm_insn code[] = {
			LD_IMM64(R0, c->dst), LD_IMM64(R1, c->src), c->insn, EXIT,
		};

		expect(c->name, run(c->name, code, ARRAY_SIZE(code)), c->want);
	}
}

static void test_jumps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(jump_cases); i++) {
		const struct jump_case *c = &jump_cases[i];
		/* The branch in front keeps what an unconditional jump skips reachable. */
		const struct vm_insn code[] = {
			LD_IMM64(R0, c->dst), LD_IMM64(R1, c->src), MOV64_K(R2, 0),
			JMP_K(JMP_JNE, R2, 0, 1), c->insn,
			MOV64_K(R0, 100), EXIT,
			MOV64_K(R0, 200), EXIT,
		};

		expect(c->name, run(c->name, code, ARRAY_SIZE(code)), c->taken ? 200 : 100);
	}
}

static void test_programs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(code_cases); i++) {
		const struct code_case *c = &code_cases[i];

		expect(c->name, run(c->name, c->code, length(c->code, MAX_CODE)), c->want);
	}
}

/* Longer than the verifier would look at, and within the budget. */
static void test_long_loop(void **state)
{
	static const struct vm_insn loop[] = {
		MOV64_K(R0, 0), LD_IMM64(R1, 1900000), ADD64_K(R0, 1),
		JMP_X(JMP_JNE, R0, R1, -2), EXIT,
	};

	(void)state;
	expect("loop", run("loop", loop, ARRAY_SIZE(loop)), 1900000);
}

static void test_subprograms(void **state)
{
	/* f(a) = a <= 1 ? 1 : a * f(a - 1), to the deepest frame there is. */
	static const struct vm_insn factorial[] = {
		MOV64_K(R1, 7), CALL_SUB(1), EXIT,
		MOV64_K(R0, 1), JMP_K(JMP_JLE, R1, 1, 4),
		MOV64_X(R6, R1), ADD64_K(R1, -1), CALL_SUB(-5), ALU64_X(ALU_MUL, R0, R6), EXIT,
	};
	/* The callee writes to the caller's stack, and has one of its own. */
	static const struct vm_insn pointer[] = {
		ST(SIZE_DW, R10, -8, 1), MOV64_X(R1, R10), ADD64_K(R1, -8), MOV64_X(R6, R1),
		CALL_SUB(2), LDX(SIZE_DW, R0, R10, -8), EXIT,
		ST(SIZE_DW, R10, -8, 5), ST(SIZE_DW, R1, 0, 42), MOV64_K(R0, 0), EXIT,
	};

	(void)state;
	expect("factorial", run("factorial", factorial, ARRAY_SIZE(factorial)), 5040);
	expect("pointer", run("pointer", pointer, ARRAY_SIZE(pointer)), 42);
}

/* Runs last: every opcode that is supported has been in a table. */
static void test_all_opcodes(void **state)
{
	(void)state;
	for (unsigned int code = 0; code < 256; code++) {
		const struct vm_opcode *op = vm_opcode(code);

		if (op->name && !op->refused && !tested[code])
			fail_msg("opcode %#04x (%s) has no test", code, op->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alu),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_subprograms),
		cmocka_unit_test(test_long_loop),
		cmocka_unit_test(test_all_opcodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
