/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <string.h>

#include "bpf/vm/lskel.h"
#include "tests/bpf/asm.h"
#include "tests/unit/skeleton.h"

enum { NONE, RODATA, SYMTAB, STRTAB, SHSTRTAB, NR_SECTIONS };

static void add_insn(struct bytes *b, const struct vm_insn *i)
{
	size_t at = b->size;

	bytes_fill(b, 0, INSN_SIZE);
	bytes_set(b, at, 1, i->code);
	bytes_set(b, at + 1, 1, i->dst | i->src << 4);
	bytes_set(b, at + 2, 2, (uint16_t)i->off);
	bytes_set(b, at + 4, 4, (uint32_t)i->imm);
}

static void set_section(struct bytes *b, int i, size_t name, uint32_t type, size_t off, size_t size)
{
	bytes_set(b, SKELETON_SECTION(i, sh_name), 4, name);
	bytes_set(b, SKELETON_SECTION(i, sh_type), 4, type);
	bytes_set(b, SKELETON_SECTION(i, sh_offset), 8, off);
	bytes_set(b, SKELETON_SECTION(i, sh_size), 8, size);
}

static void set_symbol(struct bytes *b, int i, size_t name, size_t value, size_t size)
{
	bytes_set(b, SKELETON_SYMBOL(i, st_name), 4, name);
	bytes_set(b, SKELETON_SYMBOL(i, st_shndx), 2, RODATA);
	bytes_set(b, SKELETON_SYMBOL(i, st_value), 8, value);
	bytes_set(b, SKELETON_SYMBOL(i, st_size), 8, size);
}

void make_skeleton(struct bytes *ret, struct span data, const struct vm_insn *code, size_t nr)
{
	static const char strings[] = "\0opts_data\0opts_insn\0.rodata\0.symtab\0.strtab\0.shstrtab";
	size_t insns = nr * INSN_SIZE + 1;

	bytes_done(ret);
	bytes_fill(ret, 0, SKELETON_BYTES);
	bytes_put(ret, SKELETON_STRINGS, strings, sizeof(strings));
	bytes_add(ret, data.data, data.size);
	bytes_fill(ret, 0, 1);
	for (size_t i = 0; i < nr; i++)
		add_insn(ret, &code[i]);
	bytes_fill(ret, 0, 1);

	bytes_put(ret, 0, ELFMAG, SELFMAG);
	bytes_set(ret, EI_CLASS, 1, ELFCLASS64);
	bytes_set(ret, EI_DATA, 1, ELFDATA2LSB);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_type), 2, ET_REL);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_machine), 2, EM_X86_64);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_shoff), 8, SKELETON_TABLE);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_shentsize), 2, 64);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_shnum), 2, NR_SECTIONS);
	bytes_set(ret, offsetof(Elf64_Ehdr, e_shstrndx), 2, SHSTRTAB);
	set_section(ret, RODATA, 21, SHT_PROGBITS, SKELETON_BYTES, data.size + 1 + insns);
	set_section(ret, SYMTAB, 29, SHT_SYMTAB, SKELETON_SYMBOLS, 3 * 24);
	set_section(ret, STRTAB, 37, SHT_STRTAB, SKELETON_STRINGS, sizeof(strings));
	set_section(ret, SHSTRTAB, 45, SHT_STRTAB, SKELETON_STRINGS, sizeof(strings));
	bytes_set(ret, SKELETON_SECTION(SYMTAB, sh_link), 4, STRTAB);
	bytes_set(ret, SKELETON_SECTION(SYMTAB, sh_entsize), 8, 24);
	set_symbol(ret, 1, 1, 0, data.size + 1);
	set_symbol(ret, 2, 11, data.size + 1, insns);
}

uint64_t data_addr(size_t off)
{
	return world_value_addr(0, 0) + off;
}

static void set_map(struct bytes *b, int i, uint32_t type, uint32_t value_size, uint32_t entries,
		    uint32_t flags, const char *name)
{
	bytes_set(b, AT_MAP(i), 4, type);
	bytes_set(b, AT_MAP(i) + 4, 4, type == WORLD_ARRAY ? 4 : 0);
	bytes_set(b, AT_MAP(i) + 8, 4, value_size);
	bytes_set(b, AT_MAP(i) + 12, 4, entries);
	bytes_set(b, AT_MAP(i) + 16, 4, flags);
	bytes_put(b, AT_MAP(i) + 28, name, strlen(name));
}

static void set_program(struct bytes *b, size_t insns, size_t nr)
{
	bytes_set(b, AT_PROG, 4, 26);                      /* tracing */
	bytes_set(b, AT_PROG + 4, 4, nr);
	bytes_set(b, AT_PROG + 8, 8, data_addr(insns));
	bytes_set(b, AT_PROG + 16, 8, data_addr(AT_LICENSE));
	bytes_set(b, AT_PROG + 44, 4, 0x10);               /* sleepable */
	bytes_set(b, AT_PROG + 68, 4, 24);                 /* fentry */
	bytes_set(b, AT_PROG + 72, 4, FD_BTF);
	bytes_set(b, AT_PROG + 108, 4, LSKEL_ANCHOR_ID);
	bytes_set(b, AT_PROG + 120, 8, data_addr(AT_FDS));
}

void make_loader_data(struct bytes *ret, const struct vm_insn *parser, size_t nr)
{
	bytes_fill(ret, 0, AT_REST);
	bytes_put(ret, AT_LICENSE, "GPL", 4);
	/* Whatever it is, it is not looked into before something is relocated. */
	bytes_set(ret, AT_BTF, 8, data_addr(AT_LICENSE));
	bytes_set(ret, AT_BTF + 16, 4, 4);
	set_map(ret, MAP_RING, WORLD_RING, 0, 4096, 0, "ring");
	set_map(ret, MAP_ARRAY, WORLD_ARRAY, 8, 4, 0, "array");
	set_map(ret, MAP_DATA, WORLD_ARRAY, 16, 1, 0x400, "x.data");
	set_map(ret, MAP_CONST, WORLD_ARRAY, 16, 1, 0x480, "x.rodata");
	for (size_t i = 0; i < 16; i++)
		bytes_set(ret, AT_VALUE + i, 1, i + 1);
	bytes_set(ret, AT_UPDATE, 4, FD_DATA);
	bytes_set(ret, AT_UPDATE + 8, 8, data_addr(AT_KEY));
	bytes_set(ret, AT_UPDATE + 16, 8, data_addr(AT_VALUE));
	bytes_set(ret, AT_FREEZE, 4, FD_CONST);
	bytes_put(ret, AT_NAMES, "kexec_image_parser_anchor", 26);
	set_program(ret, ret->size, nr);
	for (size_t i = 0; i < nr; i++)
		add_insn(ret, &parser[i]);
}

struct code {
	struct vm_insn *insns;
	size_t nr, room;
};

#define EMIT(c, ...)                                                           \
	emit(c, (const struct vm_insn[]){ __VA_ARGS__ },                       \
	     sizeof((const struct vm_insn[]){ __VA_ARGS__ }) / sizeof(struct vm_insn))

static void emit(struct code *c, const struct vm_insn *insns, size_t nr)
{
	assert_true(nr <= c->room - c->nr);
	memcpy(&c->insns[c->nr], insns, nr * sizeof(*insns));
	c->nr += nr;
}

/* bpf(cmd, attributes); ends with what it answers if that is negative. */
static void emit_bpf(struct code *c, int cmd, int attr, int size)
{
	EMIT(c, MOV64_K(R1, cmd), INSN(OP_LD_IMM64, R2, LD_MAP_VALUE, 0, 0),
	     INSN(0, 0, 0, 0, attr), MOV64_K(R3, size), CALL_NR(166),
	     JMP_K(JMP_JSGE, R0, 0, 1), EXIT);
}

/* Keeps the descriptor in r0, in the data. */
static void emit_keep(struct code *c, int at)
{
	EMIT(c, INSN(OP_LD_IMM64, R1, LD_MAP_VALUE, 0, 0), INSN(0, 0, 0, 0, at),
	     STX(SIZE_W, R1, 0, R0));
}

size_t make_loader(struct vm_insn *ret, size_t room)
{
	struct code c = { .insns = ret, .room = room };

	EMIT(&c, MOV64_X(R6, R1));
	emit_bpf(&c, 18, AT_BTF, 28);
	for (int i = MAP_RING; i <= MAP_CONST; i++) {
		emit_bpf(&c, 0, AT_MAP(i), 72);
		emit_keep(&c, AT_FDS + 4 * i);
		EMIT(&c, STX(SIZE_W, R6, 24 + 16 * i, R0));
	}
	emit_bpf(&c, 2, AT_UPDATE, 32);
	EMIT(&c, INSN(OP_LD_IMM64, R1, LD_MAP_VALUE, 0, 0), INSN(0, 0, 0, 0, AT_UPDATE),
	     ST(SIZE_W, R1, 0, FD_CONST));
	emit_bpf(&c, 2, AT_UPDATE, 32);
	emit_bpf(&c, 22, AT_FREEZE, 4);
	emit_bpf(&c, 5, AT_PROG, 144);
	EMIT(&c, STX(SIZE_W, R6, 24 + 16 * 4, R0), MOV64_K(R0, 0), EXIT);
	return c.nr;
}

void make_parser_skeleton(struct bytes *ret, const struct vm_insn *parser, size_t nr)
{
	autobytes struct bytes data = { 0 };
	struct vm_insn loader[96];

	make_loader_data(&data, parser, nr);
	make_skeleton(ret, bytes_span(&data), loader, make_loader(loader, 96));
}
