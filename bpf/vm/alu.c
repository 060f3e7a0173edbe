/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic, RFC 9669 sections 4.1 and 4.2, and conditions, 4.3: pure functions
 * of numbers. Division by zero gives 0, modulo zero leaves the dividend; shifts
 * count modulo the width; results of 32-bit operations are zero-extended.
 */
#include <endian.h>

#include "bpf/vm/machine.h"

static uint64_t sign_extend(uint64_t value, unsigned int bits)
{
	uint64_t sign = UINT64_C(1) << (bits - 1);
	uint64_t mask = sign | (sign - 1);

	return ((value & mask) ^ sign) - sign;
}

/* Wraps where C's division would trap: the smallest number by -1. */
static uint64_t divide(uint64_t a, uint64_t b, bool is_signed)
{
	if (b == 0)
		return 0;
	if (!is_signed)
		return a / b;
	if (b == UINT64_MAX)
		return -a;
	return (uint64_t)((int64_t)a / (int64_t)b);
}

static uint64_t modulo(uint64_t a, uint64_t b, bool is_signed)
{
	if (b == 0)
		return a;
	if (!is_signed)
		return a % b;
	if (b == UINT64_MAX)
		return 0;
	return (uint64_t)((int64_t)a % (int64_t)b);
}

/* The low @bits of @value in little- or big-endian order, zero-extended. */
static uint64_t byte_order(uint64_t value, int bits, bool big)
{
	switch (bits) {
	case 16:
		return big ? htobe16(value) : htole16(value);
	case 32:
		return big ? htobe32(value) : htole32(value);
	default:
		return big ? htobe64(value) : htole64(value);
	}
}

static uint64_t swapped(uint64_t value, int bits)
{
	switch (bits) {
	case 16:
		return __builtin_bswap16(value);
	case 32:
		return __builtin_bswap32(value);
	default:
		return __builtin_bswap64(value);
	}
}

/* 64 bits wide; 32-bit operands come extended the way the operation wants them. */
static uint64_t operate(int op, uint64_t a, uint64_t b, unsigned int shift, bool is_signed)
{
	switch (op) {
	case ALU_ADD:
		return a + b;
	case ALU_SUB:
		return a - b;
	case ALU_MUL:
		return a * b;
	case ALU_DIV:
		return divide(a, b, is_signed);
	case ALU_OR:
		return a | b;
	case ALU_AND:
		return a & b;
	case ALU_LSH:
		return a << shift;
	case ALU_RSH:
		return a >> shift;
	case ALU_NEG:
		return -a;
	case ALU_MOD:
		return modulo(a, b, is_signed);
	case ALU_XOR:
		return a ^ b;
	case ALU_ARSH:
		return shift ? a >> shift | -(a >> 63) << (64 - shift) : a;
	default: /* ALU_MOV */
		return b;
	}
}

uint64_t vm_alu(const struct vm_insn *i, uint64_t dst, uint64_t src)
{
	bool wide = INSN_CLASS(i->code) == CLASS_ALU64;
	int op = INSN_OP(i->code);
	bool is_signed = op == ALU_ARSH || ((op == ALU_DIV || op == ALU_MOD) && i->off == 1);
	uint64_t result;

	if (op == ALU_END)
		return wide ? swapped(dst, i->imm) :
			      byte_order(dst, i->imm, i->code & SRC_REG);
	if (op == ALU_MOV && i->off)
		src = sign_extend(src, i->off);
	if (!wide) {
		dst = is_signed ? sign_extend(dst, 32) : (uint32_t)dst;
		src = is_signed ? sign_extend(src, 32) : (uint32_t)src;
	}
	result = operate(op, dst, src, src & (wide ? 63 : 31), is_signed);
	return wide ? result : (uint32_t)result;
}

bool vm_condition(const struct vm_insn *i, uint64_t dst, uint64_t src)
{
	int64_t sd, ss;

	if (INSN_CLASS(i->code) == CLASS_JMP32) {
		dst = sign_extend(dst, 32);
		src = sign_extend(src, 32);
	}
	sd = (int64_t)dst;
	ss = (int64_t)src;
	switch (INSN_OP(i->code)) {
	case JMP_JEQ:
		return dst == src;
	case JMP_JGT:
		return dst > src; /* sign extension keeps the order of 32-bit numbers */
	case JMP_JGE:
		return dst >= src;
	case JMP_JSET:
		return dst & src;
	case JMP_JNE:
		return dst != src;
	case JMP_JSGT:
		return sd > ss;
	case JMP_JSGE:
		return sd >= ss;
	case JMP_JLT:
		return dst < src;
	case JMP_JLE:
		return dst <= src;
	case JMP_JSLT:
		return sd < ss;
	default: /* JMP_JSLE */
		return sd <= ss;
	}
}
