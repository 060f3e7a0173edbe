/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that must not run, or not to their end: each refused for what it does wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm/stage.h"
#include "bpf/vm/vm.h"
#include "lib/cleanup.h"
#include "tests/bpf/asm.h"

#define CODE 24
#define ID   0x1234567890

struct hostile {
	const char *name;
	struct vm_insn code[CODE];
	int err;
	const char *phrase;
};

/* r6 = a parser context, known not to be NULL. */
#define GET_CONTEXT                                                              \
	LDX(SIZE_DW, R1, R1, 8), CALL_KF(KF_GET), JMP_K(JMP_JNE, R0, 0, 1), EXIT, \
	MOV64_X(R6, R0)
#define PUT_CONTEXT MOV64_X(R1, R6), CALL_KF(KF_PUT)
#define RETURN_0    MOV64_K(R0, 0), EXIT

static const struct hostile shapes[] = {
	{ "no such opcode", { INSN(0xff, 0, 0, 0, 0), RETURN_0 }, -EBADMSG,
	  "insn 0 (opcode 0xff) does not exist" },
	{ "opcode 0", { INSN(0, 0, 0, 0, 0), RETURN_0 }, -EBADMSG, "does not exist" },
	{ "atomic add", { MOV64_K(R0, 0), INSN(0xdb, R10, R0, -8, 0), EXIT }, -EOPNOTSUPP,
	  "insn 1 (atomic) is an atomic operation, which is not supported" },
	{ "atomic, 32 bits", { INSN(0xc3, R10, R1, -8, 0), RETURN_0 }, -EOPNOTSUPP,
	  "an atomic operation" },
	{ "packet access", { INSN(0x20, 0, 0, 0, 0), EXIT }, -EOPNOTSUPP, "packet access" },
	{ "may_goto with a register", { INSN(OP_MAY_GOTO, 1, 0, 1, 0), RETURN_0 }, -EBADMSG,
	  "a field that it does not use" },
	{ "may_goto out of the program", { INSN(OP_MAY_GOTO, 0, 0, 9, 0), RETURN_0 }, -EBADMSG,
	  "insn 0 (may_goto +9)" },
	{ "register 11", { INSN(0xb7, 11, 0, 0, 0), RETURN_0 }, -EBADMSG,
	  "uses a register that does not exist" },
	{ "source register 12", { INSN(0xbf, 0, 12, 0, 0), EXIT }, -EBADMSG,
	  "uses a register that does not exist" },
	{ "frame pointer written", { MOV64_K(R10, 0), RETURN_0 }, -EBADMSG,
	  "writes the frame pointer r10" },
	{ "frame pointer loaded", { LDX(SIZE_DW, R10, R1, 0), RETURN_0 }, -EBADMSG,
	  "writes the frame pointer" },
	{ "reserved source", { INSN(0xb7, R0, R1, 0, 0), EXIT }, -EBADMSG,
	  "has something in a field that it does not use" },
	{ "reserved immediate", { INSN(0xbf, R0, R1, 0, 1), EXIT }, -EBADMSG,
	  "in a field that it does not use" },
	{ "reserved offset", { INSN(0x07, R1, 0, 4, 1), RETURN_0 }, -EBADMSG,
	  "in a field that it does not use" },
	{ "reserved destination", { MOV64_K(R0, 0), INSN(OP_EXIT, R1, 0, 0, 0) }, -EBADMSG,
	  "in a field that it does not use" },
	{ "sign extension by 24", { INSN(0xbf, R0, R1, 24, 0), EXIT }, -EBADMSG,
	  "in a field that it does not use" },
	{ "sign extension by 32 in 32 bits", { INSN(0xbc, R0, R1, 32, 0), EXIT }, -EBADMSG,
	  "in a field that it does not use" },
	{ "signed division by 2 in the offset", { INSN(0x3f, R1, R1, 2, 0), RETURN_0 }, -EBADMSG,
	  "in a field that it does not use" },
	{ "signed addition", { INSN(0x0f, R1, R1, 1, 0), RETURN_0 }, -EBADMSG,
	  "in a field that it does not use" },
	{ "division by 0", { ALU64_K(ALU_DIV, R1, 0), RETURN_0 }, -EBADMSG, "divides by zero" },
	{ "modulo 0", { ALU32_K(ALU_MOD, R1, 0), RETURN_0 }, -EBADMSG, "divides by zero" },
	{ "shift by 64", { ALU64_K(ALU_LSH, R1, 64), RETURN_0 }, -EBADMSG, "shifts by more" },
	{ "shift by 32 of 32", { ALU32_K(ALU_ARSH, R1, 32), RETURN_0 }, -EBADMSG, "shifts by more" },
	{ "shift by -1", { ALU64_K(ALU_RSH, R1, -1), RETURN_0 }, -EBADMSG, "shifts by more" },
	{ "byte order of 24 bits", { ALU32_K(ALU_END, R1, 24), RETURN_0 }, -EBADMSG,
	  "has a width that does not exist" },
	{ "half an ld_imm64", { MOV64_K(R0, 0), INSN(OP_LD_IMM64, R1, 0, 0, 1) }, -EBADMSG,
	  "has no second half" },
	{ "ld_imm64 with another second half", { INSN(OP_LD_IMM64, R1, 0, 0, 1), RETURN_0 },
	  -EBADMSG, "has no second half" },
	{ "map", { INSN(OP_LD_IMM64, R1, 1, 0, 3), INSN(0, 0, 0, 0, 0), RETURN_0 }, -EOPNOTSUPP,
	  "uses a map" },
	{ "jump into ld_imm64", { JA(1), LD_IMM64(R1, 0), RETURN_0 }, -EBADMSG,
	  "insn 0 (ja +1) goes into the middle of ld_imm64" },
	{ "jump behind the end", { JMP_K(JMP_JEQ, R1, 0, 2), RETURN_0 }, -EBADMSG,
	  "insn 0 (jeq r1, 0, +2) goes out of the program" },
	{ "jump in front of the start", { MOV64_K(R0, 0), JMP_K(JMP_JEQ, R1, 0, -3), EXIT },
	  -EBADMSG, "goes out of the program" },
	{ "32-bit jump far out", { MOV64_K(R0, 0), JA32(0x7fffffff) }, -EBADMSG,
	  "goes out of the program" },
	{ "falls off the end", { MOV64_K(R0, 0) }, -EBADMSG, "would run off the end" },
	{ "conditional jump at the end", { MOV64_K(R0, 0), JMP_K(JMP_JEQ, R1, 0, -2) }, -EBADMSG,
	  "would run off the end" },
	{ "unreachable", { RETURN_0, MOV64_K(R0, 1), EXIT }, -EBADMSG,
	  "insn 2 (mov64 r0, 1) is never reached" },
	{ "unknown helper", { CALL_NR(6), RETURN_0 }, -EOPNOTSUPP,
	  "insn 0 (call 6) calls a helper function that is unknown" },
	{ "unknown kernel function", { CALL_KF(99), RETURN_0 }, -EOPNOTSUPP,
	  "calls a kernel function that is unknown" },
	{ "negative kernel function", { CALL_KF(-1), RETURN_0 }, -EOPNOTSUPP,
	  "calls a kernel function that is unknown" },
	{ "call of a kind of its own", { INSN(OP_CALL, 0, 3, 0, 0), RETURN_0 }, -EOPNOTSUPP,
	  "of a kind that does not exist" },
	{ "call out of the program", { CALL_SUB(100), RETURN_0 }, -EBADMSG,
	  "goes out of the program" },
	{ "call into ld_imm64", { CALL_SUB(1), LD_IMM64(R0, 0), EXIT }, -EBADMSG,
	  "goes into the middle of ld_imm64" },
	{ "jump into another function", { CALL_SUB(2), JA(2), EXIT, MOV64_K(R0, 0), EXIT },
	  -EBADMSG, "insn 1 (ja +2) jumps into another function" },
	{ "falls into another function", { CALL_SUB(0), MOV64_K(R0, 0), EXIT }, -EBADMSG,
	  "insn 0 (call 0) is last, and execution would run off the end" },
	{ "stack overflow, seen at once", { ST(SIZE_DW, R10, -520, 0), RETURN_0 }, -EBADMSG,
	  "insn 0 (stdw [r10-520], 0) is outside the stack" },
	{ "read above the stack", { LDX(SIZE_DW, R0, R10, 0), EXIT }, -EBADMSG,
	  "is outside the stack" },
	{ "write across the top", { ST(SIZE_DW, R10, -4, 0), RETURN_0 }, -EBADMSG,
	  "is outside the stack" },
	{ "misaligned, seen at once", { ST(SIZE_W, R10, -6, 0), RETURN_0 }, -EBADMSG,
	  "is a misaligned access to the stack" },
};

static const struct hostile runs[] = {
	{ "infinite loop", { MOV64_K(R0, 0), JMP_K(JMP_JEQ, R0, 1, 1), JA(-2), EXIT }, -E2BIG,
	  "is where 4000000 instructions have been used up" },
	{ "jump to itself", { JA(-1) }, -E2BIG, "have been used up" },
	{ "endless recursion", { CALL_SUB(1), EXIT, CALL_SUB(-1), EXIT }, -EBADMSG,
	  "is a call at depth 8" },
	{ "register never written", { MOV64_X(R0, R7), EXIT }, -EBADMSG,
	  "insn 0 (mov64 r0, r7) reads r7, which holds nothing" },
	{ "register to add to never written", { ADD64_K(R7, 1), RETURN_0 }, -EBADMSG,
	  "reads r7, which holds nothing" },
	{ "r0 never written", { EXIT }, -EBADMSG, "ends the program with nothing in r0" },
	{ "argument gone after a call",
	  { MOV64_X(R6, R1), MOV64_K(R1, 1), CALL_KF(KF_GET), MOV64_X(R0, R1), EXIT }, -EBADMSG,
	  "reads r1, which holds nothing" },
	{ "argument missing", { MOV64_K(R1, 0), CALL_SUB(1), EXIT, CALL_KF(KF_READ), EXIT },
	  -EBADMSG, "calls bpf_parser_read with nothing in r2" },
	{ "callee sees no r6", { MOV64_K(R6, 1), CALL_SUB(1), EXIT, MOV64_X(R0, R6), EXIT },
	  -EBADMSG, "reads r6, which holds nothing" },
	{ "stack overflow", { MOV64_X(R2, R10), ADD64_K(R2, -520), ST(SIZE_DW, R2, 0, 7), RETURN_0 },
	  -EBADMSG, "writes 8 bytes at offset -520 of a stack that goes from -512 to 0; "
		    "r1=0x100000000000 r2=" },
	{ "read above the stack", { MOV64_X(R2, R10), LDX(SIZE_B, R0, R2, 0), EXIT }, -EBADMSG,
	  "reads 1 bytes at offset 0 of a stack" },
	{ "read across the top", { ST(SIZE_DW, R10, -8, 0), MOV64_X(R2, R10), ADD64_K(R2, -4),
				   LDX(SIZE_DW, R0, R2, 0), EXIT }, -EBADMSG, "misaligned" },
	{ "stack byte never written", { LDX(SIZE_DW, R0, R10, -16), EXIT }, -EBADMSG,
	  "reads the stack at offset -16, where nothing was written" },
	{ "half written", { ST(SIZE_W, R10, -16, 0), LDX(SIZE_DW, R0, R10, -16), EXIT }, -EBADMSG,
	  "reads the stack at offset -12, where nothing was written" },
	{ "stack of the last call is not this one's",
	  { CALL_SUB(2), CALL_SUB(4), EXIT,
	    ST(SIZE_DW, R10, -8, 1), RETURN_0,
	    LDX(SIZE_DW, R0, R10, -8), EXIT }, -EBADMSG, "where nothing was written" },
	{ "stack of a function that returned",
	  { CALL_SUB(2), LDX(SIZE_DW, R0, R0, -8), EXIT,
	    ST(SIZE_DW, R10, -8, 1), MOV64_X(R0, R10), EXIT }, -EBADMSG,
	  "on the stack of a function that has returned" },
	{ "read through NULL", { MOV64_K(R2, 0), LDX(SIZE_DW, R0, R2, 8), EXIT }, -EBADMSG,
	  "reads 8 bytes at NULL" },
	{ "read anywhere", { LD_IMM64(R2, 0xffffffff81000000), LDX(SIZE_DW, R0, R2, 0), EXIT },
	  -EBADMSG, "reads 8 bytes outside of all memory it has" },
	{ "write anywhere", { LD_IMM64(R2, 0x7fffffffe000), ST(SIZE_B, R2, 0, 0), RETURN_0 },
	  -EBADMSG, "writes 1 bytes outside of all memory" },
	{ "read behind the context", { LDX(SIZE_DW, R0, R1, 152), EXIT }, -EBADMSG,
	  "reads 8 bytes at offset 152 of the context, which has 152" },
	{ "read in front of the context", { LDX(SIZE_B, R0, R1, -1), EXIT }, -EBADMSG,
	  "outside of all memory" },
	{ "write to the context", { ST(SIZE_DW, R1, 8, 0), RETURN_0 }, -EBADMSG,
	  "writes to its context, which is read-only" },
	{ "misaligned in the context", { LDX(SIZE_DW, R0, R1, 4), EXIT }, -EBADMSG,
	  "accesses 8 bytes at a misaligned address" },
	{ "address wraps", { MOV64_K(R2, -1), LDX(SIZE_B, R0, R2, 0), EXIT }, -EBADMSG,
	  "outside of all memory" },

	{ "context not checked for NULL", { LDX(SIZE_DW, R1, R1, 8), CALL_KF(KF_GET),
					    MOV64_X(R1, R0), CALL_KF(KF_PUT), RETURN_0 },
	  -EBADMSG, "was not compared with NULL" },
	{ "context not given back", { GET_CONTEXT, RETURN_0 }, -EBADMSG,
	  "ends the program without bpf_put_parser_context()" },
	{ "context given back twice", { GET_CONTEXT, PUT_CONTEXT, PUT_CONTEXT, RETURN_0 },
	  -EBADMSG, "uses a parser context after it was given back" },
	{ "use after release",
	  { GET_CONTEXT, PUT_CONTEXT, MOV64_X(R1, R6), MOV64_K(R2, 0), MOV64_K(R3, 0),
	    MOV64_X(R4, R10), ADD64_K(R4, -8), MOV64_K(R5, 8), CALL_KF(KF_READ), RETURN_0 },
	  -EBADMSG, "uses a parser context after it was given back" },
	{ "context looked into", { GET_CONTEXT, LDX(SIZE_DW, R0, R6, 0), EXIT }, -EBADMSG,
	  "reads 8 bytes of a parser context, which is opaque" },
	{ "context made up", { MOV64_K(R1, 1234), CALL_KF(KF_PUT), RETURN_0 }, -EBADMSG,
	  "is given 0x4d2, which is no parser context" },
	{ "context moved", { GET_CONTEXT, MOV64_X(R1, R6), ADD64_K(R1, 8), CALL_KF(KF_PUT),
			     RETURN_0 }, -EBADMSG, "which is no parser context" },
	{ "context of another", { MOV64_K(R1, 7), CALL_KF(KF_GET), MOV64_X(R1, R0),
				  CALL_KF(KF_PUT), RETURN_0 }, -EBADMSG,
	  "is given 0, which is no parser context" },
	{ "gets contexts for ever",
	  { MOV64_X(R7, R1), LDX(SIZE_DW, R1, R7, 8), CALL_KF(KF_GET), JA(-3) }, -E2BIG,
	  "gets a parser context more than 16 times" },
	{ "reads into nowhere",
	  { GET_CONTEXT, MOV64_X(R1, R6), MOV64_K(R2, 0), MOV64_K(R3, 0), MOV64_K(R4, 0),
	    MOV64_K(R5, 8), CALL_KF(KF_READ), RETURN_0 }, -EBADMSG, "writes 8 bytes at NULL" },
	{ "reads into its context",
	  { MOV64_X(R7, R1), GET_CONTEXT, MOV64_X(R1, R6), MOV64_K(R2, 0), MOV64_K(R3, 0),
	    MOV64_X(R4, R7), MOV64_K(R5, 8), CALL_KF(KF_READ), RETURN_0 }, -EBADMSG,
	  "writes to its context, which is read-only" },
	{ "reads over its stack",
	  { GET_CONTEXT, MOV64_X(R1, R6), MOV64_K(R2, 0), MOV64_K(R3, 0), MOV64_X(R4, R10),
	    ADD64_K(R4, -8), MOV64_K(R5, 9), CALL_KF(KF_READ), RETURN_0 }, -EBADMSG,
	  "writes 9 bytes at offset -8 of a stack" },
	{ "reads 4 GiB and a bit",
	  { GET_CONTEXT, MOV64_X(R1, R6), MOV64_K(R2, 0), MOV64_K(R3, 0), MOV64_X(R4, R10),
	    ADD64_K(R4, -8), LD_IMM64(R5, 0x100000008), CALL_KF(KF_READ), RETURN_0 }, -EBADMSG,
	  "writes 4294967304 bytes at offset -8 of a stack" },
	{ "command from nowhere",
	  { GET_CONTEXT, MOV64_K(R1, 0), MOV64_K(R2, 10), MOV64_X(R3, R6), CALL_KF(KF_BUFFER),
	    RETURN_0 }, -EBADMSG, "reads 10 bytes at NULL" },
	{ "command of unwritten bytes",
	  { GET_CONTEXT, MOV64_X(R1, R10), ADD64_K(R1, -16), MOV64_K(R2, 10), MOV64_X(R3, R6),
	    CALL_KF(KF_BUFFER), RETURN_0 }, -EBADMSG, "where nothing was written" },
	{ "command without a context",
	  { ST(SIZE_DW, R10, -8, 0), MOV64_X(R1, R10), ADD64_K(R1, -8), MOV64_K(R2, 8),
	    MOV64_K(R3, 0), CALL_KF(KF_BUFFER), RETURN_0 }, -EBADMSG,
	  "is given 0, which is no parser context" },
};

static int run(const struct hostile *h, bool check_only, uint64_t *ret, struct why *w)
{
	static const unsigned char image_bytes[64] = "MZ";
	autoblob struct blob image = { 0 };
	autostage struct vm_stage stage = { .id = ID };
	struct vm_program p = { .nr = code_length(h->code, CODE) };
	struct kexec_bpf_ctx ctx = { .version = 1, .parser_id = ID, .nr_bufs = 1,
				     .buf_size = { sizeof(image_bytes) } };
	/* A copy that ends where the program ends, so that the sanitizer sees more. */
	autofree struct vm_insn *code = calloc(p.nr, sizeof(*code));
	int r;

	assert_non_null(code);
	memcpy(code, h->code, p.nr * sizeof(*code));
	p.insns = code;
	assert_int_equal(blob_copy(&image, (struct span){ image_bytes, sizeof(image_bytes) },
				   "image", NULL), 0);
	stage.image = blob_whole(&image);
	r = vm_check(&p, w);
	if (r < 0 || check_only)
		return r;
	return vm_run(&p, (struct span){ (unsigned char *)&ctx, sizeof(ctx) }, &stage, ret, w);
}

static void expect_refusal(const struct hostile *h, bool check_only)
{
	struct why w = { 0 };
	uint64_t r0;
	int r = run(h, check_only, &r0, &w);

	if (r != h->err || !strstr(w.text, h->phrase))
		fail_msg("%s: %d '%s', expected %d '%s'", h->name, r, w.text, h->err, h->phrase);
}

/* Before the first instruction. */
static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		expect_refusal(&shapes[i], true);
}

static void test_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		struct why w = { 0 };
		uint64_t r0;

		/* Nothing is wrong with their shape: it is the run that is refused. */
		if (run(&runs[i], true, &r0, &w) < 0)
			fail_msg("%s: %s", runs[i].name, w.text);
		expect_refusal(&runs[i], false);
	}
}

/* Not hostile: reads at the edges of the image, which has 64 bytes; r0 is the answer. */
#define READ(offset, size)                                                               \
	{ GET_CONTEXT, MOV64_X(R1, R6), MOV64_K(R2, 0), LD_IMM64(R3, offset),            \
	  MOV64_X(R4, R10), ADD64_K(R4, -8), MOV64_K(R5, size), CALL_KF(KF_READ),        \
	  MOV64_X(R7, R0), PUT_CONTEXT, MOV64_X(R0, R7), EXIT }

static void test_reads(void **state)
{
	static const struct hostile reads[] = {
		{ "first", READ(0, 8), 0, NULL },
		{ "last", READ(56, 8), 0, NULL },
		{ "one too far", READ(57, 8), -EBADMSG, NULL },
		{ "nothing at the end", READ(64, 0), 0, NULL },
		{ "nothing behind the end", READ(65, 0), -EBADMSG, NULL },
		{ "end of the world", READ(UINT64_MAX, 1), -EBADMSG, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		struct why w = { 0 };
		uint64_t r0;

		if (run(&reads[i], false, &r0, &w) < 0)
			fail_msg("%s: %s", reads[i].name, w.text);
		/* An int, its upper half 0. */
		if (r0 != (uint32_t)reads[i].err)
			fail_msg("%s: %#llx", reads[i].name, (unsigned long long)r0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
