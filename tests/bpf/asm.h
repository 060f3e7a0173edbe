/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BPF assembly as C initialisers: struct vm_insn code[] = { MOV64_K(R0, 7), EXIT }; */
#ifndef TESTS_BPF_ASM_H
#define TESTS_BPF_ASM_H

#include <string.h>

#include "bpf/vm/insn.h"

#define INSN(code_, dst_, src_, off_, imm_)                                         \
	{ .code = (code_), .dst = (dst_), .src = (src_), .off = (off_), .imm = (imm_) }

#define ALU64_K(op, d, imm) INSN(CLASS_ALU64 | (op), d, 0, 0, imm)
#define ALU64_X(op, d, s)   INSN(CLASS_ALU64 | (op) | SRC_REG, d, s, 0, 0)
#define ALU32_K(op, d, imm) INSN(CLASS_ALU32 | (op), d, 0, 0, imm)
#define ALU32_X(op, d, s)   INSN(CLASS_ALU32 | (op) | SRC_REG, d, s, 0, 0)
#define MOV64_K(d, imm)     ALU64_K(ALU_MOV, d, imm)
#define MOV64_X(d, s)       ALU64_X(ALU_MOV, d, s)
#define ADD64_K(d, imm)     ALU64_K(ALU_ADD, d, imm)

/* Two slots. */
#define LD_IMM64(d, value)                                                     \
	INSN(OP_LD_IMM64, d, 0, 0, (int32_t)(uint32_t)((uint64_t)(value) & 0xffffffff)), \
	INSN(0, 0, 0, 0, (int32_t)(uint32_t)((uint64_t)(value) >> 32))

#define LDX(size, d, s, off)    INSN(CLASS_LDX | MODE_MEM | (size), d, s, off, 0)
#define LDSX(size, d, s, off)   INSN(CLASS_LDX | MODE_MEMSX | (size), d, s, off, 0)
#define STX(size, d, off, s)    INSN(CLASS_STX | MODE_MEM | (size), d, s, off, 0)
#define ST(size, d, off, imm)   INSN(CLASS_ST | MODE_MEM | (size), d, 0, off, imm)

#define JMP_K(op, d, imm, off)   INSN(CLASS_JMP | (op), d, 0, off, imm)
#define JMP_X(op, d, s, off)     INSN(CLASS_JMP | (op) | SRC_REG, d, s, off, 0)
#define JMP32_K(op, d, imm, off) INSN(CLASS_JMP32 | (op), d, 0, off, imm)
#define JMP32_X(op, d, s, off)   INSN(CLASS_JMP32 | (op) | SRC_REG, d, s, off, 0)
#define JA(off)                  INSN(OP_JA, 0, 0, off, 0)
#define JA32(off)                INSN(OP_JA32, 0, 0, 0, off)

#define CALL_SUB(distance) INSN(OP_CALL, 0, CALL_SUBPROGRAM, 0, distance)
#define CALL_NR(number)    INSN(OP_CALL, 0, CALL_HELPER, 0, number)
#define CALL_KF(row)       INSN(OP_CALL, 0, CALL_KFUNC, 0, row)
#define EXIT               INSN(OP_EXIT, 0, 0, 0, 0)

/* Rows of the machine's table of functions; test-vm-commands checks that they are these. */
enum { KF_GET, KF_PUT, KF_READ, KF_BUFFER };

/* A table has room for @room instructions; how many of them are there, up to the last? */
static inline size_t code_length(const struct vm_insn *code, size_t room)
{
	static const struct vm_insn none;

	while (room > 0 && memcmp(&code[room - 1], &none, sizeof(none)) == 0)
		room--;
	return room;
}

#endif
