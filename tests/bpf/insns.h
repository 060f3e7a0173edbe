/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every instruction does, one line a case: to be run by our machine and by
 * the kernel's. Only data, so that both can include it. Expected values are
 * worked out by hand from RFC 9669.
 */
#ifndef TESTS_BPF_INSNS_H
#define TESTS_BPF_INSNS_H

#include "tests/bpf/asm.h"

#define MAX_CODE 16

/* r0 = dst; r1 = src; the instruction, on r0 (and r1); exit */
struct alu_case {
	const char *name;
	struct vm_insn insn;
	uint64_t dst, src, want;
};

#define K64(op, dst, imm, want) { #op " 64 imm", ALU64_K(op, R0, imm), dst, 0, want }
#define X64(op, dst, src, want) { #op " 64 reg", ALU64_X(op, R0, R1), dst, src, want }
#define K32(op, dst, imm, want) { #op " 32 imm", ALU32_K(op, R0, imm), dst, 0, want }
#define X32(op, dst, src, want) { #op " 32 reg", ALU32_X(op, R0, R1), dst, src, want }
/* An operation that has something in its offset field: signed division, sign extension. */
#define OFF(class, op, off, dst, src, want) \
	{ #op " off " #off, INSN((class) | (op) | SRC_REG, R0, R1, off, 0), dst, src, want }
#define OFF_K(class, op, off, dst, imm, want) \
	{ #op " imm off " #off, INSN((class) | (op), R0, 0, off, imm), dst, 0, want }

#define MIN64 0x8000000000000000
#define ONES  0xffffffffffffffff

static const struct alu_case alu_cases[] = {
	K64(ALU_ADD, 1, 2, 3),
	K64(ALU_ADD, 1, -2, ONES), /* the immediate is sign-extended */
	X64(ALU_ADD, ONES, 1, 0),
	K32(ALU_ADD, 0xffffffff, 1, 0),
	X32(ALU_ADD, 0xaaaaaaaa00000001, 0xbbbbbbbb00000002, 3),
	K64(ALU_SUB, 1, 2, ONES),
	X64(ALU_SUB, 5, 7, 0xfffffffffffffffe),
	K32(ALU_SUB, 1, 2, 0xffffffff),
	X32(ALU_SUB, 0x100000000, 1, 0xffffffff),
	K64(ALU_MUL, 3, -4, 0xfffffffffffffff4),
	X64(ALU_MUL, 0x100000001, 0x100000001, 0x200000001),
	K32(ALU_MUL, 0x80000001, 2, 2),
	X32(ALU_MUL, 0x10001, 0x10001, 0x20001),
	K64(ALU_DIV, 100, 7, 14),
	K64(ALU_DIV, ONES, -1, 1), /* unsigned: by 2^64-1 */
	X64(ALU_DIV, MIN64, 2, 0x4000000000000000),
	X64(ALU_DIV, 5, 0, 0),
	K32(ALU_DIV, 0x700000064, 7, 14),
	X32(ALU_DIV, 0xffffffff, 0x900000002, 0x7fffffff),
	X32(ALU_DIV, 5, 0x100000000, 0), /* zero in 32 bits */
	OFF(CLASS_ALU64, ALU_DIV, 1, 0xfffffffffffffff9, 2, 0xfffffffffffffffd), /* -7 / 2 = -3 */
	OFF(CLASS_ALU64, ALU_DIV, 1, MIN64, ONES, MIN64),
	OFF(CLASS_ALU64, ALU_DIV, 1, 7, 0, 0),
	OFF(CLASS_ALU32, ALU_DIV, 1, 0xfffffff9, 2, 0xfffffffd),
	OFF(CLASS_ALU32, ALU_DIV, 1, 0x80000000, 0xffffffff, 0x80000000),
	OFF_K(CLASS_ALU64, ALU_DIV, 1, 0xfffffffffffffff9, -2, 3),
	OFF_K(CLASS_ALU32, ALU_DIV, 1, 0xfffffff9, -2, 3),
	K64(ALU_OR, 0xf0, 0x0f, 0xff),
	K64(ALU_OR, 0, -1, ONES),
	X64(ALU_OR, 0xff00000000000000, 1, 0xff00000000000001),
	K32(ALU_OR, 0xff00000000000000, -1, 0xffffffff),
	X32(ALU_OR, 0xf00000000f0, 0xf000000000f, 0xff),
	K64(ALU_AND, 0xff, 0x3c, 0x3c),
	K64(ALU_AND, ONES, -16, 0xfffffffffffffff0),
	X64(ALU_AND, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0x0f000f000f000f00),
	K32(ALU_AND, ONES, -16, 0xfffffff0),
	X32(ALU_AND, ONES, ONES, 0xffffffff),
	K64(ALU_LSH, 1, 63, MIN64),
	X64(ALU_LSH, 1, 64, 1), /* counts modulo the width */
	X64(ALU_LSH, 1, 65, 2),
	K32(ALU_LSH, 1, 31, 0x80000000),
	X32(ALU_LSH, 3, 32, 3),
	K64(ALU_RSH, MIN64, 63, 1),
	X64(ALU_RSH, MIN64, 1, 0x4000000000000000),
	X64(ALU_RSH, 8, 67, 1),
	K32(ALU_RSH, 0xf80000000, 31, 1),
	X32(ALU_RSH, 0xf80000000, 1, 0x40000000),
	K64(ALU_ARSH, MIN64, 63, ONES),
	K64(ALU_ARSH, 0x4000000000000000, 62, 1),
	K64(ALU_ARSH, MIN64, 0, MIN64),
	X64(ALU_ARSH, MIN64, 1, 0xc000000000000000),
	K32(ALU_ARSH, 0x80000000, 31, 0xffffffff),
	K32(ALU_ARSH, 0xffffffff40000000, 30, 1),
	X32(ALU_ARSH, 0x80000000, 33, 0xc0000000),
	{ "neg 64", ALU64_K(ALU_NEG, R0, 0), 1, 0, ONES },
	{ "neg 64 of the smallest", ALU64_K(ALU_NEG, R0, 0), MIN64, 0, MIN64 },
	{ "neg 32", ALU32_K(ALU_NEG, R0, 0), 1, 0, 0xffffffff },
	K64(ALU_MOD, 100, 7, 2),
	K64(ALU_MOD, ONES, -1, 0),
	X64(ALU_MOD, ONES, 10, 5),
	X64(ALU_MOD, 0x700000005, 0, 0x700000005),
	K32(ALU_MOD, 0x900000064, 7, 2),
	X32(ALU_MOD, 0x700000005, 0x100000000, 5), /* by zero: the dividend, zero-extended */
	OFF(CLASS_ALU64, ALU_MOD, 1, 0xfffffffffffffff9, 2, ONES), /* -7 % 2 = -1 */
	OFF(CLASS_ALU64, ALU_MOD, 1, MIN64, ONES, 0),
	OFF(CLASS_ALU64, ALU_MOD, 1, 7, 0xfffffffffffffffe, 1),
	OFF(CLASS_ALU32, ALU_MOD, 1, 0xfffffff9, 2, 0xffffffff),
	OFF(CLASS_ALU32, ALU_MOD, 1, 0x80000000, 0xffffffff, 0),
	OFF_K(CLASS_ALU64, ALU_MOD, 1, 0xfffffffffffffff9, 4, 0xfffffffffffffffd),
	K64(ALU_XOR, 0xff, 0x0f, 0xf0),
	K64(ALU_XOR, 0, -1, ONES),
	X64(ALU_XOR, 0xff00000000000000, 0x0f00000000000001, 0xf000000000000001),
	K32(ALU_XOR, 0xff000000000000ff, 0x0f, 0xf0),
	X32(ALU_XOR, ONES, 0xf, 0xfffffff0),
	K64(ALU_MOV, 0, -5, 0xfffffffffffffffb),
	X64(ALU_MOV, 0, 0x123456789abcdef0, 0x123456789abcdef0),
	K32(ALU_MOV, ONES, -5, 0xfffffffb),
	X32(ALU_MOV, ONES, 0x123456789abcdef0, 0x9abcdef0),
	OFF(CLASS_ALU64, ALU_MOV, 8, 0, 0x1ff, ONES),
	OFF(CLASS_ALU64, ALU_MOV, 8, 0, 0x17f, 0x7f),
	OFF(CLASS_ALU64, ALU_MOV, 16, 0, 0x18000, 0xffffffffffff8000),
	OFF(CLASS_ALU64, ALU_MOV, 32, 0, 0x180000000, 0xffffffff80000000),
	OFF(CLASS_ALU64, ALU_MOV, 32, 0, 0x17fffffff, 0x7fffffff),
	OFF(CLASS_ALU32, ALU_MOV, 8, 0, 0xff, 0xffffffff),
	OFF(CLASS_ALU32, ALU_MOV, 16, 0, 0x8000, 0xffff8000),
	OFF(CLASS_ALU32, ALU_MOV, 16, 0, 0xffffffff00007fff, 0x7fff),
	{ "le16", ALU32_K(ALU_END, R0, 16), 0x1122334455667788, 0, 0x7788 },
	{ "le32", ALU32_K(ALU_END, R0, 32), 0x1122334455667788, 0, 0x55667788 },
	{ "le64", ALU32_K(ALU_END, R0, 64), 0x1122334455667788, 0, 0x1122334455667788 },
	{ "be16", INSN(0xdc, R0, 0, 0, 16), 0x1122334455667788, 0, 0x8877 },
	{ "be32", INSN(0xdc, R0, 0, 0, 32), 0x1122334455667788, 0, 0x88776655 },
	{ "be64", INSN(0xdc, R0, 0, 0, 64), 0x1122334455667788, 0, 0x8877665544332211 },
	{ "bswap16", ALU64_K(ALU_END, R0, 16), 0x1122334455667788, 0, 0x8877 },
	{ "bswap32", ALU64_K(ALU_END, R0, 32), 0x1122334455667788, 0, 0x88776655 },
	{ "bswap64", ALU64_K(ALU_END, R0, 64), 0x1122334455667788, 0, 0x8877665544332211 },
};

/* Is the jump (over one instruction) taken, with dst in r0 and src in r1? */
struct jump_case {
	const char *name;
	struct vm_insn insn;
	uint64_t dst, src;
	int taken;
};

#define JK(op, dst, imm, taken)   { #op " imm", JMP_K(op, R0, imm, 2), dst, 0, taken }
#define JX(op, dst, src, taken)   { #op " reg", JMP_X(op, R0, R1, 2), dst, src, taken }
#define JK32(op, dst, imm, taken) { #op " 32 imm", JMP32_K(op, R0, imm, 2), dst, 0, taken }
#define JX32(op, dst, src, taken) { #op " 32 reg", JMP32_X(op, R0, R1, 2), dst, src, taken }

static const struct jump_case jump_cases[] = {
	{ "ja", JA(2), 0, 0, 1 },
	{ "ja32", JA32(2), 0, 0, 1 },
	{ "may_goto", INSN(OP_MAY_GOTO, 0, 0, 2, 0), 0, 0, 0 },
	JK(JMP_JEQ, 5, 5, 1), JK(JMP_JEQ, 5, 6, 0), JK(JMP_JEQ, ONES, -1, 1),
	JX(JMP_JEQ, 1, 0x100000001, 0), JX(JMP_JEQ, 7, 7, 1),
	JK32(JMP_JEQ, 0x100000005, 5, 1), JX32(JMP_JEQ, 0x100000005, 0x200000005, 1),
	JX32(JMP_JEQ, 4, 5, 0),
	JK(JMP_JNE, 5, 5, 0), JK(JMP_JNE, 5, 6, 1), JX(JMP_JNE, 1, 0x100000001, 1),
	JK32(JMP_JNE, 0x100000005, 5, 0), JX32(JMP_JNE, 4, 5, 1),
	JK(JMP_JGT, 6, 5, 1), JK(JMP_JGT, 5, 5, 0), JK(JMP_JGT, 5, -1, 0),
	JX(JMP_JGT, ONES, 1, 1), JX(JMP_JGT, 1, ONES, 0),
	JK32(JMP_JGT, 0xf00000001, 2, 0), JX32(JMP_JGT, 0x80000000, 0x7fffffff, 1),
	JK(JMP_JGE, 5, 5, 1), JK(JMP_JGE, 4, 5, 0), JX(JMP_JGE, ONES, 1, 1),
	JX(JMP_JGE, 1, ONES, 0), JK32(JMP_JGE, 5, 5, 1), JX32(JMP_JGE, 0xf00000001, 2, 0),
	JK(JMP_JLT, 4, 5, 1), JK(JMP_JLT, 5, 5, 0), JK(JMP_JLT, 5, -1, 1),
	JX(JMP_JLT, ONES, 1, 0), JX(JMP_JLT, 1, ONES, 1),
	JK32(JMP_JLT, 0xf00000001, 2, 1), JX32(JMP_JLT, 0x7fffffff, 0x80000000, 1),
	JK(JMP_JLE, 5, 5, 1), JK(JMP_JLE, 6, 5, 0), JX(JMP_JLE, 1, ONES, 1),
	JX(JMP_JLE, ONES, 1, 0), JK32(JMP_JLE, 0x100000005, 5, 1), JX32(JMP_JLE, 3, 2, 0),
	JK(JMP_JSGT, 5, 5, 0), JX(JMP_JSLT, 5, 5, 0), JX(JMP_JGT, 5, 5, 0), JX(JMP_JLT, 5, 5, 0),
	JK(JMP_JSGT, 1, -1, 1), JK(JMP_JSGT, ONES, 0, 0), JX(JMP_JSGT, 0, MIN64, 1),
	JX(JMP_JSGT, MIN64, 0, 0), JK32(JMP_JSGT, 0xffffffff, 0, 0),
	JK32(JMP_JSGT, 1, -1, 1), JX32(JMP_JSGT, 0, 0x80000000, 1),
	JK(JMP_JSGE, ONES, -1, 1), JK(JMP_JSGE, ONES, 0, 0), JX(JMP_JSGE, 0, MIN64, 1),
	JX(JMP_JSGE, MIN64, 0, 0), JK32(JMP_JSGE, 0xffffffff, -1, 1),
	JX32(JMP_JSGE, 0x80000000, 0, 0),
	JK(JMP_JSLT, ONES, 0, 1), JK(JMP_JSLT, 1, -1, 0), JX(JMP_JSLT, MIN64, 0, 1),
	JX(JMP_JSLT, 0, MIN64, 0), JK32(JMP_JSLT, 0xffffffff, 0, 1),
	JX32(JMP_JSLT, 0, 0x80000000, 0),
	JK(JMP_JSLE, ONES, -1, 1), JK(JMP_JSLE, 0, -1, 0), JX(JMP_JSLE, MIN64, 0, 1),
	JX(JMP_JSLE, 0, MIN64, 0), JK32(JMP_JSLE, 0xffffffff, -1, 1),
	JX32(JMP_JSLE, 1, 0x80000000, 0),
	JK(JMP_JSET, 6, 2, 1), JK(JMP_JSET, 4, 2, 0), JK(JMP_JSET, MIN64, -1, 1),
	JX(JMP_JSET, 0x100000000, 0x100000000, 1), JX(JMP_JSET, 1, 2, 0),
	JK32(JMP_JSET, 0x100000000, -1, 0), JX32(JMP_JSET, 0x80000000, 0x80000000, 1),
	JX32(JMP_JSET, 0x100000001, 0x100000002, 0),
};

/* Whole programs: what they return in r0. */
struct code_case {
	const char *name;
	struct vm_insn code[MAX_CODE];
	uint64_t want;
};

static const struct code_case code_cases[] = {
	{ "ld_imm64", { LD_IMM64(R0, 0x1122334455667788), EXIT }, 0x1122334455667788 },
	{ "ld_imm64, upper half only", { LD_IMM64(R0, 0xffffffff00000000), EXIT },
	  0xffffffff00000000 },
	{ "stxdw, ldxdw", { LD_IMM64(R1, 0x1122334455667788), STX(SIZE_DW, R10, -8, R1),
			    LDX(SIZE_DW, R0, R10, -8), EXIT }, 0x1122334455667788 },
	{ "little endian", { LD_IMM64(R1, 0x1122334455667788), STX(SIZE_DW, R10, -8, R1),
			     LDX(SIZE_B, R0, R10, -8), EXIT }, 0x88 },
	{ "ldxh", { LD_IMM64(R1, 0x1122334455667788), STX(SIZE_DW, R10, -8, R1),
		    LDX(SIZE_H, R0, R10, -4), EXIT }, 0x3344 },
	{ "ldxw zero-extends", { LD_IMM64(R1, 0x11223344f5667788), STX(SIZE_DW, R10, -8, R1),
				 LDX(SIZE_W, R0, R10, -8), EXIT }, 0xf5667788 },
	{ "stxb writes one byte", { ST(SIZE_DW, R10, -8, -1), MOV64_K(R1, 0x1234),
				    STX(SIZE_B, R10, -8, R1), LDX(SIZE_DW, R0, R10, -8), EXIT },
	  0xffffffffffffff34 },
	{ "stxh writes two", { ST(SIZE_DW, R10, -8, -1), MOV64_K(R1, 0x123456),
			       STX(SIZE_H, R10, -6, R1), LDX(SIZE_DW, R0, R10, -8), EXIT },
	  0xffffffff3456ffff },
	{ "stxw writes four", { ST(SIZE_DW, R10, -8, -1), MOV64_K(R1, 0x12345678),
				STX(SIZE_W, R10, -4, R1), LDX(SIZE_DW, R0, R10, -8), EXIT },
	  0x12345678ffffffff },
	{ "stdw sign-extends", { ST(SIZE_DW, R10, -8, -2), LDX(SIZE_DW, R0, R10, -8), EXIT },
	  0xfffffffffffffffe },
	{ "stw", { ST(SIZE_DW, R10, -8, 0), ST(SIZE_W, R10, -8, -2), LDX(SIZE_DW, R0, R10, -8),
		   EXIT }, 0xfffffffe },
	{ "sth", { ST(SIZE_DW, R10, -8, 0), ST(SIZE_H, R10, -8, 0x12345), LDX(SIZE_DW, R0, R10, -8),
		   EXIT }, 0x2345 },
	{ "stb", { ST(SIZE_DW, R10, -8, 0), ST(SIZE_B, R10, -8, 0x1ff), LDX(SIZE_DW, R0, R10, -8),
		   EXIT }, 0xff },
	{ "ldxsb", { ST(SIZE_DW, R10, -8, 0x80), LDSX(SIZE_B, R0, R10, -8), EXIT },
	  0xffffffffffffff80 },
	{ "ldxsh", { ST(SIZE_DW, R10, -8, 0x8001), LDSX(SIZE_H, R0, R10, -8), EXIT },
	  0xffffffffffff8001 },
	{ "ldxsw", { ST(SIZE_DW, R10, -8, -3), LDSX(SIZE_W, R0, R10, -8), EXIT },
	  0xfffffffffffffffd },
	{ "ldxsw, positive", { LD_IMM64(R1, 0xffffffff7fffffff), STX(SIZE_DW, R10, -8, R1),
			       LDSX(SIZE_W, R0, R10, -8), EXIT }, 0x7fffffff },
	{ "the whole stack", { ST(SIZE_B, R10, -512, 7), ST(SIZE_B, R10, -1, 8),
			       LDX(SIZE_B, R0, R10, -512), LDX(SIZE_B, R1, R10, -1),
			       ALU64_X(ALU_ADD, R0, R1), EXIT }, 15 },
	{ "a loop", { MOV64_K(R0, 0), MOV64_K(R1, 10), ALU64_X(ALU_ADD, R0, R1),
		      ADD64_K(R1, -1), JMP_K(JMP_JNE, R1, 0, -3), EXIT }, 55 },
	{ "a jump back and forth", { JA(2), MOV64_K(R0, 3), EXIT, JA(-3) }, 3 },
};

#endif
