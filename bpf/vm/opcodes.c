/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "bpf/vm/insn.h"

/* Both operand forms, 32 and 64 bits wide. */
#define ALU_SIZE(op, text, class, flags)                                             \
	[(op) | (class)] = { text, USES_DST | SETS_DST | USES_IMM | ((flags) & OFF_SIGN), NULL }, \
	[(op) | (class) | SRC_REG] = { text, USES_DST | SETS_DST | USES_SRC | (flags), NULL }
#define ALU(op, text, flags)                          \
	ALU_SIZE(op, text "32", CLASS_ALU32, flags),  \
	ALU_SIZE(op, text "64", CLASS_ALU64, flags)

#define JUMP_SIZE(op, text, class)                                            \
	[(op) | (class)] = { text, USES_DST | USES_IMM | USES_OFF, NULL },    \
	[(op) | (class) | SRC_REG] = { text, USES_DST | USES_SRC | USES_OFF, NULL }
#define JUMP(op, text)                       \
	JUMP_SIZE(op, text, CLASS_JMP),      \
	JUMP_SIZE(op, text "32", CLASS_JMP32)

#define ACCESS(size, suffix)                                                                 \
	[CLASS_LDX | MODE_MEM | (size)] = { "ldx" suffix, SETS_DST | USES_SRC | USES_OFF, NULL }, \
	[CLASS_ST | MODE_MEM | (size)] = { "st" suffix, USES_DST | USES_OFF | USES_IMM, NULL },   \
	[CLASS_STX | MODE_MEM | (size)] = { "stx" suffix, USES_DST | USES_SRC | USES_OFF, NULL }
#define LOAD_SIGNED(size, suffix) \
	[CLASS_LDX | MODE_MEMSX | (size)] = { "ldxs" suffix, SETS_DST | USES_SRC | USES_OFF, NULL }

#define LEGACY(code) [code] = { "ld_packet", 0, "packet access" }
#define ATOMIC(size) \
	[CLASS_STX | MODE_ATOMIC | (size)] = { "atomic", 0, "an atomic operation" }

static const struct vm_opcode opcodes[256] = {
	ALU(ALU_ADD, "add", 0),
	ALU(ALU_SUB, "sub", 0),
	ALU(ALU_MUL, "mul", 0),
	ALU(ALU_DIV, "div", OFF_SIGN),
	ALU(ALU_OR, "or", 0),
	ALU(ALU_AND, "and", 0),
	ALU(ALU_LSH, "lsh", 0),
	ALU(ALU_RSH, "rsh", 0),
	ALU(ALU_MOD, "mod", OFF_SIGN),
	ALU(ALU_XOR, "xor", 0),
	ALU(ALU_ARSH, "arsh", 0),
	[CLASS_ALU32 | ALU_MOV] = { "mov32", SETS_DST | USES_IMM, NULL },
	[CLASS_ALU64 | ALU_MOV] = { "mov64", SETS_DST | USES_IMM, NULL },
	[CLASS_ALU32 | ALU_MOV | SRC_REG] = { "mov32", SETS_DST | USES_SRC | OFF_WIDTH, NULL },
	[CLASS_ALU64 | ALU_MOV | SRC_REG] = { "mov64", SETS_DST | USES_SRC | OFF_WIDTH, NULL },
	[CLASS_ALU32 | ALU_NEG] = { "neg32", USES_DST | SETS_DST, NULL },
	[CLASS_ALU64 | ALU_NEG] = { "neg64", USES_DST | SETS_DST, NULL },
	/* Bit 3 is the byte order here, not where the operand is; imm the width. */
	[CLASS_ALU32 | ALU_END] = { "le", USES_DST | SETS_DST | USES_IMM, NULL },
	[CLASS_ALU32 | ALU_END | SRC_REG] = { "be", USES_DST | SETS_DST | USES_IMM, NULL },
	[CLASS_ALU64 | ALU_END] = { "bswap", USES_DST | SETS_DST | USES_IMM, NULL },

	[OP_JA] = { "ja", USES_OFF, NULL },
	[OP_JA32] = { "ja32", USES_IMM, NULL },
	JUMP(JMP_JEQ, "jeq"),
	JUMP(JMP_JGT, "jgt"),
	JUMP(JMP_JGE, "jge"),
	JUMP(JMP_JSET, "jset"),
	JUMP(JMP_JNE, "jne"),
	JUMP(JMP_JSGT, "jsgt"),
	JUMP(JMP_JSGE, "jsge"),
	JUMP(JMP_JLT, "jlt"),
	JUMP(JMP_JLE, "jle"),
	JUMP(JMP_JSLT, "jslt"),
	JUMP(JMP_JSLE, "jsle"),
	[OP_MAY_GOTO] = { "may_goto", USES_OFF, NULL },
	/* src of these two is no register; the check looks at it. */
	[OP_CALL] = { "call", USES_IMM, NULL },
	[OP_LD_IMM64] = { "ld_imm64", SETS_DST | USES_IMM, NULL },
	[OP_EXIT] = { "exit", 0, NULL },

	ACCESS(SIZE_B, "b"),
	ACCESS(SIZE_H, "h"),
	ACCESS(SIZE_W, "w"),
	ACCESS(SIZE_DW, "dw"),
	LOAD_SIGNED(SIZE_B, "b"),
	LOAD_SIGNED(SIZE_H, "h"),
	LOAD_SIGNED(SIZE_W, "w"),

	ATOMIC(SIZE_B), ATOMIC(SIZE_H), ATOMIC(SIZE_W), ATOMIC(SIZE_DW),
	LEGACY(0x20), LEGACY(0x28), LEGACY(0x30), LEGACY(0x40), LEGACY(0x48), LEGACY(0x50),
};

const struct vm_opcode *vm_opcode(uint8_t code)
{
	return &opcodes[code];
}

unsigned int vm_access_size(uint8_t code)
{
	switch (code & SIZE_DW) {
	case SIZE_B:
		return 1;
	case SIZE_H:
		return 2;
	case SIZE_W:
		return 4;
	default:
		return 8;
	}
}

static void access_text(char *ret, size_t size, const struct vm_insn *i, const char *name)
{
	switch (INSN_CLASS(i->code)) {
	case CLASS_LDX:
		snprintf(ret, size, "%s r%u, [r%u%+d]", name, i->dst, i->src, i->off);
		break;
	case CLASS_ST:
		snprintf(ret, size, "%s [r%u%+d], %d", name, i->dst, i->off, i->imm);
		break;
	default:
		snprintf(ret, size, "%s [r%u%+d], r%u", name, i->dst, i->off, i->src);
		break;
	}
}

static void operand_text(char *ret, size_t size, const struct vm_insn *i, const char *name)
{
	char jump[16] = "";

	if (insn_is_jump(i))
		snprintf(jump, sizeof(jump), ", %+d", (int)insn_distance(i));
	if (insn_is_unconditional(i) || i->code == OP_MAY_GOTO)
		snprintf(ret, size, "%s %+d", name, (int)insn_distance(i));
	else if (opcodes[i->code].fields & USES_SRC)
		snprintf(ret, size, "%s r%u, r%u%s", name, i->dst, i->src, jump);
	else if (opcodes[i->code].fields & USES_IMM)
		snprintf(ret, size, "%s r%u, %d%s", name, i->dst, i->imm, jump);
	else
		snprintf(ret, size, "%s r%u", name, i->dst);
}

void vm_insn_text(char *ret, size_t size, size_t at, const struct vm_insn *i)
{
	const char *name = opcodes[i->code].name;
	int mode = INSN_MODE(i->code);
	int class = INSN_CLASS(i->code);
	char text[64];

	if (!name)
		snprintf(text, sizeof(text), "opcode %#04x", i->code);
	else if (i->code == OP_EXIT || opcodes[i->code].refused)
		snprintf(text, sizeof(text), "%s", name);
	else if (i->code == OP_CALL)
		snprintf(text, sizeof(text), "%s %d", name, i->imm);
	else if ((class == CLASS_LDX || class == CLASS_ST || class == CLASS_STX) &&
		 (mode == MODE_MEM || mode == MODE_MEMSX))
		access_text(text, sizeof(text), i, name);
	else
		operand_text(text, sizeof(text), i, name);
	snprintf(ret, size, "insn %zu (%s)", at, text);
}
