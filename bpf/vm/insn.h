/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BPF instructions: their fields, and which combinations of them exist.
 *
 * RFC 9669, "BPF Instruction Set Architecture", is the specification; names of
 * instructions follow its appendix, in lower case. What an instruction is, and
 * which of its fields it uses, is decided in the table of opcodes.c and nowhere
 * else: the check, the interpreter and messages read that table.
 */
#ifndef BPF_VM_INSN_H
#define BPF_VM_INSN_H

#include <stddef.h>
#include <stdint.h>

#define INSN_SIZE 8 /* bytes in an object; ld_imm64 takes two such slots */

enum {
	R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, NR_REGS,
};

struct vm_insn {
	uint8_t code, dst, src;
	int16_t off;
	int32_t imm;
};

/* Lowest three bits: the class. */
#define INSN_CLASS(code) ((code) & 7)
#define CLASS_LD    0
#define CLASS_LDX   1
#define CLASS_ST    2
#define CLASS_STX   3
#define CLASS_ALU32 4
#define CLASS_JMP   5
#define CLASS_JMP32 6
#define CLASS_ALU64 7

/* ALU and JMP: bit 3 says where the second operand is, the upper four what to do. */
#define INSN_OP(code) ((code) & 0xf0)
#define SRC_REG  0x08

#define ALU_ADD  0x00
#define ALU_SUB  0x10
#define ALU_MUL  0x20
#define ALU_DIV  0x30
#define ALU_OR   0x40
#define ALU_AND  0x50
#define ALU_LSH  0x60
#define ALU_RSH  0x70
#define ALU_NEG  0x80
#define ALU_MOD  0x90
#define ALU_XOR  0xa0
#define ALU_MOV  0xb0
#define ALU_ARSH 0xc0
#define ALU_END  0xd0

#define JMP_JA   0x00
#define JMP_JEQ  0x10
#define JMP_JGT  0x20
#define JMP_JGE  0x30
#define JMP_JSET 0x40
#define JMP_JNE  0x50
#define JMP_JSGT 0x60
#define JMP_JSGE 0x70
#define JMP_CALL 0x80
#define JMP_EXIT 0x90
#define JMP_JLT  0xa0
#define JMP_JLE  0xb0
#define JMP_JSLT 0xc0
#define JMP_JSLE 0xd0

/* Loads and stores: two bits of size, three of mode. */
#define SIZE_W      0x00
#define SIZE_H      0x08
#define SIZE_B      0x10
#define SIZE_DW     0x18
#define MODE_MEM    0x60
#define MODE_MEMSX  0x80
#define MODE_ATOMIC 0xc0
#define INSN_MODE(code) ((code) & 0xe0)

#define OP_LD_IMM64 0x18
#define OP_JA       0x05
#define OP_JA32     0x06 /* 32-bit offset, in imm */
#define OP_CALL     0x85
#define OP_MAY_GOTO 0xe5 /* Linux 6.9: bounds a loop */
#define OP_EXIT     0x95

/* What src of a call says that imm is. */
#define CALL_HELPER     0
#define CALL_SUBPROGRAM 1 /* imm: instructions from the next one */
#define CALL_KFUNC      2 /* imm: row of our table, put there by the loader */
/* Helper that does not exist: what CO-RE makes of an instruction that must not be reached. */
#define CALL_POISON 0x0bad2310

/* What src of ld_imm64 says that imm is; the second slot's imm is an offset. */
#define LD_NUMBER    0
#define LD_MAP       5 /* index into the descriptors that the program is loaded with */
#define LD_MAP_VALUE 6 /* of that map, the bytes of its only element */

/* Fields that an instruction uses; the others must be 0. */
#define USES_DST  0x01 /* reads register dst */
#define SETS_DST  0x02 /* writes it */
#define USES_SRC  0x04
#define USES_OFF  0x08
#define USES_IMM  0x10
#define OFF_SIGN  0x20 /* off is 1 for signed division */
#define OFF_WIDTH 0x40 /* off is 8, 16 or 32 for a sign-extending move */

struct vm_opcode {
	const char *name; /* NULL: there is no such instruction */
	uint8_t fields;
	/* Exists, but not for programs of ours: says what it is. NULL: supported. */
	const char *refused;
};

/* Row @code of the table; there are 256. */
const struct vm_opcode *vm_opcode(uint8_t code);

/* Bytes that a load or store moves: 1, 2, 4 or 8. */
unsigned int vm_access_size(uint8_t code);

/* Does control leave an instruction other than to the next one? */
static inline int insn_is_jump(const struct vm_insn *i)
{
	int class = INSN_CLASS(i->code);

	return (class == CLASS_JMP || class == CLASS_JMP32) && i->code != OP_CALL &&
	       i->code != OP_EXIT;
}

static inline int insn_is_unconditional(const struct vm_insn *i)
{
	return i->code == OP_JA || i->code == OP_JA32;
}

/* Makes ld_imm64, of two slots, one of a number, such as an address of ours. */
static inline void insn_set_number(struct vm_insn i[2], uint64_t number)
{
	i[0].src = LD_NUMBER;
	i[0].imm = (int32_t)(uint32_t)number;
	i[1].imm = (int32_t)(uint32_t)(number >> 32);
}

/* Distance of a jump, in instructions from the next one. */
static inline int64_t insn_distance(const struct vm_insn *i)
{
	return i->code == OP_JA32 || i->code == OP_CALL ? i->imm : i->off;
}

/* "insn 7 (add64 r1, 5)": @size bytes are enough for any instruction with 96. */
void vm_insn_text(char *ret, size_t size, size_t at, const struct vm_insn *i);

#endif
