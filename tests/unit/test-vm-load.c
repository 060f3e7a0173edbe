/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of type 1: which are taken, and what is wrong with those that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "bpf/vm/machine.h"
#include "bpf/vm/vm.h"
#include "lib/cleanup.h"
#include "tests/bpf/asm.h"
#include "tests/unit/images.h"
#include "tests/unit/parser-program.h"

/* Where things are in the object that make_object() makes. */
#define CODE_AT    64
#define CODE_NR    8
#define LICENSE_AT (CODE_AT + CODE_NR * INSN_SIZE)
#define REL_AT     (LICENSE_AT + 8)
#define SYM_AT     (REL_AT + 2 * 16)
#define STR_AT     (SYM_AT + 4 * 24)
#define STR_SIZE   120
#define TABLE_AT   (STR_AT + STR_SIZE)

enum { NONE, STRTAB, SYSCALL, LICENSE, REL, SYMTAB, NR_SECTIONS };

#define SECTION(i, field) (TABLE_AT + (i) * 64 + offsetof(Elf64_Shdr, field))
#define SYMBOL(i, field)  (SYM_AT + (i) * 24 + offsetof(Elf64_Sym, field))
#define RELOC(i, field)   (REL_AT + (i) * 16 + offsetof(Elf64_Rel, field))
#define INSN_AT(i)        (CODE_AT + (i) * INSN_SIZE)
#define EHDR(field)       offsetof(Elf64_Ehdr, field)

static size_t add_string(struct bytes *strings, const char *text)
{
	size_t at = strings->size;

	bytes_add(strings, text, strlen(text) + 1);
	return at;
}

static void add_insn(struct bytes *b, struct vm_insn i)
{
	size_t at = b->size;

	bytes_fill(b, 0, INSN_SIZE);
	bytes_set(b, at, 1, i.code);
	bytes_set(b, at + 1, 1, i.dst | i.src << 4);
	bytes_set(b, at + 2, 2, (uint16_t)i.off);
	bytes_set(b, at + 4, 4, (uint32_t)i.imm);
}

static void set_section(struct bytes *b, int i, size_t name, uint32_t type, size_t off, size_t size)
{
	bytes_set(b, SECTION(i, sh_name), 4, name);
	bytes_set(b, SECTION(i, sh_type), 4, type);
	bytes_set(b, SECTION(i, sh_offset), 8, off);
	bytes_set(b, SECTION(i, sh_size), 8, size);
}

/* A program that gets its context and gives it back. */
static void make_object(struct bytes *b)
{
	static const struct vm_insn code[CODE_NR] = {
		LDX(SIZE_DW, R1, R1, 8), CALL_SUB(-1), JMP_K(JMP_JEQ, R0, 0, 2),
		MOV64_X(R1, R0), CALL_SUB(-1), MOV64_K(R0, 0), EXIT,
		JA(-3), /* not reached: that is for the check, not for the loader */
	};
	autobytes struct bytes strings = { 0 };
	size_t name[NR_SECTIONS] = { 0 }, get, put;

	bytes_fill(&strings, 0, 1);
	name[STRTAB] = add_string(&strings, ".strtab");
	name[SYSCALL] = add_string(&strings, "syscall");
	name[LICENSE] = add_string(&strings, "license");
	name[REL] = add_string(&strings, ".relsyscall");
	name[SYMTAB] = add_string(&strings, ".symtab");
	get = add_string(&strings, "bpf_get_parser_context");
	put = add_string(&strings, "bpf_put_parser_context");
	assert_in_range(strings.size, 1, STR_SIZE);
	bytes_fill(&strings, 0, STR_SIZE - strings.size);

	bytes_done(b);
	bytes_fill(b, 0, CODE_AT);
	for (size_t i = 0; i < CODE_NR; i++)
		add_insn(b, code[i]);
	bytes_add(b, "GPL\0\0\0\0", 8);
	bytes_fill(b, 0, TABLE_AT - b->size + NR_SECTIONS * 64);
	bytes_put(b, STR_AT, strings.data, strings.size);

	bytes_put(b, 0, ELFMAG, SELFMAG);
	bytes_set(b, EI_CLASS, 1, ELFCLASS64);
	bytes_set(b, EI_DATA, 1, ELFDATA2LSB);
	bytes_set(b, EHDR(e_type), 2, ET_REL);
	bytes_set(b, EHDR(e_machine), 2, EM_BPF);
	bytes_set(b, EHDR(e_shoff), 8, TABLE_AT);
	bytes_set(b, EHDR(e_shentsize), 2, 64);
	bytes_set(b, EHDR(e_shnum), 2, NR_SECTIONS);
	bytes_set(b, EHDR(e_shstrndx), 2, STRTAB);

	set_section(b, STRTAB, name[STRTAB], SHT_STRTAB, STR_AT, STR_SIZE);
	set_section(b, SYSCALL, name[SYSCALL], SHT_PROGBITS, CODE_AT, CODE_NR * INSN_SIZE);
	set_section(b, LICENSE, name[LICENSE], SHT_PROGBITS, LICENSE_AT, 4);
	set_section(b, REL, name[REL], SHT_REL, REL_AT, 2 * 16);
	set_section(b, SYMTAB, name[SYMTAB], SHT_SYMTAB, SYM_AT, 4 * 24);
	bytes_set(b, SECTION(REL, sh_link), 4, SYMTAB);
	bytes_set(b, SECTION(REL, sh_info), 4, SYSCALL);
	bytes_set(b, SECTION(REL, sh_entsize), 8, 16);
	bytes_set(b, SECTION(SYMTAB, sh_link), 4, STRTAB);
	bytes_set(b, SECTION(SYMTAB, sh_entsize), 8, 24);

	bytes_set(b, SYMBOL(1, st_name), 4, get);
	bytes_set(b, SYMBOL(2, st_name), 4, put);
	bytes_set(b, RELOC(0, r_offset), 8, 1 * INSN_SIZE);
	bytes_set(b, RELOC(0, r_info), 8, ELF64_R_INFO((uint64_t)1, 10));
	bytes_set(b, RELOC(1, r_offset), 8, 4 * INSN_SIZE);
	bytes_set(b, RELOC(1, r_info), 8, ELF64_R_INFO((uint64_t)2, 10));
}

static int load(const struct bytes *object, struct why *w)
{
	autoprogram struct vm_program p = { 0 };

	return vm_load(&p, bytes_span(object), NULL, w);
}

static void test_good(void **state)
{
	autobytes struct bytes b = { 0 };
	autoprogram struct vm_program p = { 0 };
	struct why w = { 0 };

	(void)state;
	make_object(&b);
	assert_int_equal(vm_load(&p, bytes_span(&b), NULL, &w), 0);
	assert_int_equal(p.nr, CODE_NR);
	assert_int_equal(p.insns[0].code, CLASS_LDX | MODE_MEM | SIZE_DW);
	assert_int_equal(p.insns[0].off, 8);
	assert_int_equal(p.insns[1].src, CALL_KFUNC);
	assert_int_equal(p.insns[1].imm, KF_GET);
	assert_int_equal(p.insns[4].imm, KF_PUT);
	assert_int_equal(p.insns[7].off, -3);
}

static const struct defect bad[] = {
	CUT("empty", 1, -ENOEXEC, "not a 64-bit little-endian ELF"),
	CUT("cut in the header", 63, -ENOEXEC, "not a 64-bit"),
	CUT("cut in the table", TABLE_AT + 65, -ENOEXEC, "section table is outside"),
	BAD("no ELF", 0, 1, 0, -ENOEXEC, "not a 64-bit"),
	BAD("32 bits", EI_CLASS, 1, ELFCLASS32, -ENOEXEC, "not a 64-bit"),
	BAD("big endian", EI_DATA, 1, ELFDATA2MSB, -ENOEXEC, "little-endian"),
	BAD("of another machine", EHDR(e_machine), 2, EM_X86_64, -ENOEXEC,
	    "not a relocatable BPF object"),
	BAD("not relocatable", EHDR(e_type), 2, ET_EXEC, -ENOEXEC, "not a relocatable ELF object"),
	BAD("entries of 63 bytes", EHDR(e_shentsize), 2, 63, -ENOEXEC, "ELF sections"),
	BAD("65 sections", EHDR(e_shnum), 2, 65, -ENOEXEC, "it has 65 ELF sections"),
	BAD("table at the end of the world", EHDR(e_shoff), 8, UINT64_MAX - 63, -ENOEXEC,
	    "section table is outside"),
	BAD("no section names", EHDR(e_shstrndx), 2, NR_SECTIONS, -ENOEXEC,
	    "has no ELF section names"),
	BAD("names in the program", EHDR(e_shstrndx), 2, SYSCALL, -ENOEXEC,
	    "has no ELF section names"),
	BAD("section behind the end", SECTION(SYSCALL, sh_offset), 8, 1 << 20, -ENOEXEC,
	    "section 2 runs past the end"),
	BAD("section of 2^64-1", SECTION(LICENSE, sh_size), 8, UINT64_MAX, -ENOEXEC,
	    "section 3 runs past the end"),
	BAD("no program", SECTION(SYSCALL, sh_name), 4, 0, -ENOEXEC, "no section syscall"),
	BAD("no symbols", SECTION(SYMTAB, sh_name), 4, 0, -ENOEXEC, "no section .symtab"),
	BAD("no licence", SECTION(LICENSE, sh_name), 4, 0, -ENOEXEC, "no section license"),
	BAD("two programs", SECTION(REL, sh_name), 4, 9, -ENOEXEC, "two sections syscall"),
	BAD("program without bytes", SECTION(SYSCALL, sh_type), 4, SHT_NOBITS, -ENOEXEC,
	    "its section syscall is of type 8"),
	BAD("empty program", SECTION(SYSCALL, sh_size), 8, 0, -ENOEXEC, "has 0 bytes"),
	BAD("half an instruction", SECTION(SYSCALL, sh_size), 8, 60, -ENOEXEC,
	    "has 60 bytes"),
	BAD("other licence", LICENSE_AT, 1, 'L', -ENOEXEC, "its licence is 'LPL'"),
	BAD("licence without an end", SECTION(LICENSE, sh_size), 8, 3, -ENOEXEC,
	    "section license is no string"),
	BAD("licence of 0 bytes", SECTION(LICENSE, sh_size), 8, 0, -ENOEXEC,
	    "section license is no string"),
	BAD("no relocations", SECTION(REL, sh_name), 4, 0, -ENOEXEC,
	    "no section .relsyscall"),
	BAD("relocations with addends", SECTION(REL, sh_type), 4, SHT_RELA, -ENOEXEC,
	    "its section .relsyscall is of type 4"),
	BAD("relocations of another section", SECTION(REL, sh_info), 4, LICENSE, -ENOEXEC,
	    "do not fit its program"),
	BAD("relocations without symbols", SECTION(REL, sh_link), 4, STRTAB, -ENOEXEC,
	    "do not fit"),
	BAD("symbols that are none", SECTION(SYMTAB, sh_type), 4, SHT_PROGBITS, -ENOEXEC,
	    "its section .symtab is of type 1"),
	BAD("symbols in section 99", SECTION(REL, sh_link), 4, 99, -ENOEXEC, "do not fit"),
	BAD("entries of 24 bytes", SECTION(REL, sh_entsize), 8, 24, -ENOEXEC, "do not fit"),
	BAD("symbols of 16 bytes", SECTION(SYMTAB, sh_entsize), 8, 16, -ENOEXEC,
	    "its symbols make no sense"),
	BAD("symbols without names", SECTION(SYMTAB, sh_link), 4, LICENSE, -ENOEXEC,
	    "its symbols make no sense"),
	BAD("map", RELOC(0, r_info), 8, ELF64_R_INFO((uint64_t)1, 1), -ENOEXEC,
	    "relocation 0 is of type 1: a map or global data"),
	BAD("symbol 4 of 4", RELOC(0, r_info), 8, ELF64_R_INFO((uint64_t)4, 10), -ENOEXEC,
	    "relocation 0 names no symbol"),
	BAD("symbol 2^32-1", RELOC(1, r_info), 8, ELF64_R_INFO((uint64_t)0xffffffff, 10),
	    -ENOEXEC, "relocation 1 names no symbol"),
	BAD("unknown function", SYMBOL(2, st_name), 4, 1, -ENOEXEC,
	    "relocation 1 names none of the host's functions"),
	BAD("function without a name", SYMBOL(2, st_name), 4, STR_SIZE, -ENOEXEC,
	    "names none of the host's functions"),
	BAD("function of its own", SYMBOL(1, st_shndx), 2, SYSCALL, -ENOEXEC,
	    "relocation 0 names none of the host's functions"),
	BAD("relocation between instructions", RELOC(0, r_offset), 8, 9, -ENOEXEC,
	    "relocation 0 is outside the program"),
	BAD("relocation behind the program", RELOC(0, r_offset), 8, CODE_NR * INSN_SIZE,
	    -ENOEXEC, "relocation 0 is outside the program"),
	BAD("relocation on no call", RELOC(0, r_offset), 8, 0, -ENOEXEC,
	    "relocation 0 is not on a call"),
	BAD("two relocations on one call", RELOC(1, r_offset), 8, INSN_SIZE, -ENOEXEC,
	    "relocation 1 is not on a call"),
	BAD("relocated call with an offset", INSN_AT(1) + 2, 2, 1, -ENOEXEC,
	    "relocation 0 is not on a call"),
	BAD("call of its own function", SECTION(REL, sh_size), 8, 16, -ENOEXEC,
	    "insn 4 calls a function of its own"),
	BAD("helper", INSN_AT(1) + 1, 1, 0, -ENOEXEC, "insn 1 calls helper -1"),
	BAD("function by its number", INSN_AT(1) + 1, 1, 2 << 4, -ENOEXEC,
	    "insn 1 calls a kernel function by its number"),
	BAD("map by its number", INSN_AT(3), 2, 0x1118, -ENOEXEC, "insn 3 uses a map"),
};


static void test_bad(void **state)
{
	autobytes struct bytes good = { 0 };

	(void)state;
	make_object(&good);
	check_defects(&good, load, bad, ARRAY_SIZE(bad));
}

static void test_too_long(void **state)
{
	autobytes struct bytes code = { 0 };
	autoprogram struct vm_program p = { 0 };
	struct why w = { 0 };

	(void)state;
	bytes_fill(&code, 0, (LIMIT_BPF_INSNS + 1) * INSN_SIZE);
	assert_int_equal(vm_decode(&p, bytes_span(&code), &w), -E2BIG);
	assert_non_null(strstr(w.text, "16385 instructions"));
	code.size -= INSN_SIZE;
	assert_int_equal(vm_decode(&p, bytes_span(&code), NULL), 0);
}

/* Every program that is shipped loads, and nothing that clang puts in is refused. */
static void test_shipped(void **state)
{
	autobytes struct bytes object = { 0 };
	autoprogram struct vm_program p = { 0 };
	struct why w = { 0 };

	(void)state;
	if (!read_parser_program(&object, UKI_BPF))
		skip();
	if (vm_load(&p, bytes_span(&object), NULL, &w) < 0 || vm_check(&p, &w) < 0)
		fail_msg("%s", w.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
