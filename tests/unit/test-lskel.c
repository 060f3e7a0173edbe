/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Light skeletons that are broken, and loaders that do what loaders must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "bpf/vm/vm.h"
#include "lib/cleanup.h"
#include "tests/bpf/asm.h"
#include "tests/unit/skeleton.h"

#define CODE 24

/* The least that a parser may be. */
static const struct vm_insn idle[] = { MOV64_K(R0, 0), EXIT };

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
	make_parser_skeleton(&b, idle, 2);
	if (vm_load(&p, bytes_span(&b), NULL, &w) < 0)
		fail_msg("%s", w.text);
	assert_int_equal(p.kind, VM_ATTACHED);
	assert_int_equal(p.nr, 2);
	assert_non_null(p.world);
	assert_int_equal(vm_check(&p, NULL), 0);
}

/* The object around it. */
static void test_objects(void **state)
{
	static const struct defect bad[] = {
		BAD("not relocatable", offsetof(Elf64_Ehdr, e_type), 2, ET_DYN, -ENOEXEC,
		    "not a relocatable ELF object"),
		BAD("no symbols", SKELETON_SECTION(2, sh_type), 4, SHT_PROGBITS, -ENOEXEC,
		    "its section .symtab is of type 1"),
		BAD("no data", SKELETON_SYMBOL(1, st_name), 4, 0, -ENOEXEC,
		    "not a relocatable BPF object"),
		BAD("no instructions", SKELETON_SYMBOL(2, st_name), 4, 0, -ENOEXEC,
		    "not a relocatable BPF object"),
		BAD("data elsewhere", SKELETON_SYMBOL(1, st_shndx), 2, SHN_UNDEF, -ENOEXEC,
		    "its symbol opts_data has no bytes"),
		BAD("data in section 99", SKELETON_SYMBOL(1, st_shndx), 2, 99, -ENOEXEC,
		    "its symbol opts_data has no bytes"),
		BAD("absolute data", SKELETON_SYMBOL(1, st_shndx), 2, SHN_ABS, -ENOEXEC,
		    "its symbol opts_data has no bytes"),
		BAD("data in .bss", SKELETON_SECTION(1, sh_type), 4, SHT_NOBITS, -ENOEXEC,
		    "its symbol opts_data has no bytes"),
		BAD("data in notes", SKELETON_SECTION(1, sh_type), 4, SHT_NOTE, -ENOEXEC,
		    "its symbol opts_data has no bytes"),
		BAD("data behind its section", SKELETON_SYMBOL(1, st_value), 8, 1 << 20, -ENOEXEC,
		    "its symbol opts_data has no bytes"),
		BAD("instructions of 2^64-1", SKELETON_SYMBOL(2, st_size), 8, UINT64_MAX, -ENOEXEC,
		    "its symbol opts_insn has no bytes"),
		BAD("empty data", SKELETON_SYMBOL(1, st_size), 8, 0, -ENOEXEC,
		    "its symbol opts_data has no bytes"),
		BAD("data that is only a NUL", SKELETON_SYMBOL(1, st_size), 8, 1, -ENOEXEC,
		    "its light skeleton is empty"),
		BAD("instructions that are only a NUL", SKELETON_SYMBOL(2, st_size), 8, 1, -ENOEXEC,
		    "its light skeleton is empty"),
		BAD("half an instruction", SKELETON_SYMBOL(2, st_size), 8, 13, -ENOEXEC,
		    "its program has 12 bytes"),
	};
	autobytes struct bytes good = { 0 };

	(void)state;
	make_parser_skeleton(&good, idle, 2);
	check_defects(&good, load, bad, ARRAY_SIZE(bad));
}

/* r1 = a command, r2 = its attributes in the data, of so many bytes; r0 = the answer. */
#define BPF(cmd, attr, size)                                                          \
	MOV64_K(R1, cmd), INSN(OP_LD_IMM64, R2, LD_MAP_VALUE, 0, 0), INSN(0, 0, 0, 0, attr), \
	MOV64_K(R3, size), CALL_NR(166)
#define DATA(reg, off) INSN(OP_LD_IMM64, reg, LD_MAP_VALUE, 0, 0), INSN(0, 0, 0, 0, off)
#define SET(off, value) DATA(R1, off), ST(SIZE_W, R1, 0, value)
#define RETURN_0 MOV64_K(R0, 0), EXIT
#define AT_END (AT_REST + 2 * INSN_SIZE)

struct hostile {
	const char *name;
	struct vm_insn code[CODE];
	int err;
	const char *phrase;
};

static const struct hostile loaders[] = {
	{ "does nothing", { RETURN_0 }, -ENOEXEC, "has loaded no program" },
	{ "gives up", { MOV64_K(R0, -22), EXIT }, -ENOEXEC, "its loader returns -22" },
	{ "for ever", { MOV64_K(R0, 0), JMP_K(JMP_JEQ, R0, 1, 1), JA(-2), EXIT }, -E2BIG,
	  "instructions have been used up" },
	{ "unknown helper", { CALL_NR(35), RETURN_0 }, -EOPNOTSUPP, "unknown here" },
	{ "helper of parsers", { CALL_NR(131), RETURN_0 }, -EOPNOTSUPP, "unknown here" },
	{ "function of the kernel", { CALL_KF(0), RETURN_0 }, -EOPNOTSUPP,
	  "calls a kernel function that is unknown here" },
	{ "poison", { CALL_NR(CALL_POISON), RETURN_0 }, -EOPNOTSUPP, "unknown here" },
	{ "map by descriptor", { INSN(OP_LD_IMM64, R1, 1, 0, 3), INSN(0, 0, 0, 0, 0), RETURN_0 },
	  -EBADMSG, "insn 0 of its loader uses a map that it has not" },
	{ "second map", { INSN(OP_LD_IMM64, R1, LD_MAP_VALUE, 0, 1), INSN(0, 0, 0, 0, 0), RETURN_0 },
	  -EBADMSG, "uses a map that it has not" },
	{ "behind its data", { DATA(R1, AT_END), RETURN_0 }, -EBADMSG, "a map that it has not" },
	{ "writes behind its data", { DATA(R1, AT_END - 8), ST(SIZE_DW, R1, 8, 0), RETURN_0 },
	  -EBADMSG, "writes 8 bytes outside of the value of a map" },
	{ "reads in front of its data", { DATA(R1, 0), LDX(SIZE_DW, R0, R1, -8), EXIT }, -EBADMSG,
	  "reads 8 bytes outside of" },
	{ "writes behind its context", { ST(SIZE_DW, R1, 536, 0), RETURN_0 }, -EBADMSG,
	  "at offset 536 of the context, which has 536" },
	{ "reads the kernel", { LD_IMM64(R1, 0xffffffff81000000), LDX(SIZE_B, R0, R1, 0), EXIT },
	  -EBADMSG, "outside of all memory" },
	{ "probes the kernel",
	  { MOV64_X(R1, R10), ADD64_K(R1, -8), MOV64_K(R2, 8), LD_IMM64(R3, 0xffffffff81000000),
	    CALL_NR(113), RETURN_0 }, -EBADMSG, "reads 8 bytes outside of all memory" },
	{ "probes into nothing", { MOV64_K(R1, 0), MOV64_K(R2, 8), MOV64_K(R3, 0), CALL_NR(113),
				   RETURN_0 }, -EBADMSG, "writes 8 bytes at NULL" },
	{ "attributes from nowhere", { MOV64_K(R1, 0), MOV64_K(R2, 0), MOV64_K(R3, 72),
				       CALL_NR(166), RETURN_0 }, -EBADMSG, "reads 72 bytes at NULL" },
	{ "attributes behind the data", { BPF(0, AT_END - 8, 72), RETURN_0 }, -EBADMSG,
	  "reads 72 bytes outside of" },
	{ "a page of attributes", { BPF(0, 0, 4096), RETURN_0 }, -E2BIG, "4096 bytes of attributes" },
	{ "command 99", { BPF(99, 0, 4), RETURN_0 }, -EOPNOTSUPP, "calls bpf(99)" },
	{ "attaches", { BPF(28, 0, 16), RETURN_0 }, -EOPNOTSUPP, "attaches its program" },
	{ "opens a tracepoint", { BPF(17, 0, 16), RETURN_0 }, -EOPNOTSUPP, "attaches its program" },
	{ "hash map", { SET(AT_MAP(0), 1), BPF(0, AT_MAP(0), 72), RETURN_0 }, -EOPNOTSUPP,
	  "makes a map of type 1" },
	{ "map with flags", { SET(AT_MAP(1) + 16, 0x1000), BPF(0, AT_MAP(1), 72), RETURN_0 },
	  -EOPNOTSUPP, "with flags 0x1000" },
	{ "array of 4 GiB",
	  { SET(AT_MAP(1) + 8, 65536), SET(AT_MAP(1) + 12, 65536), BPF(0, AT_MAP(1), 72),
	    RETURN_0 }, -EOPNOTSUPP, "larger ones than are possible" },
	{ "array of 2^32-1 bytes", { SET(AT_MAP(1) + 8, -1), BPF(0, AT_MAP(1), 72), RETURN_0 },
	  -EOPNOTSUPP, "larger ones than are possible" },
	{ "ring of 1 GiB", { SET(AT_MAP(0) + 12, 1 << 30), BPF(0, AT_MAP(0), 72), RETURN_0 },
	  -EOPNOTSUPP, "larger ones than are possible" },
	{ "maps for ever", { BPF(0, AT_MAP(0), 72), JA(-6) }, -EOPNOTSUPP, "makes more maps" },
	{ "closes what is not its own", { MOV64_K(R1, 0), CALL_NR(168), RETURN_0 }, -EBADMSG,
	  "closes descriptor 0, which is not its own" },
	{ "closes twice",
	  { BPF(0, AT_MAP(0), 72), MOV64_X(R6, R0), MOV64_X(R1, R6), CALL_NR(168), MOV64_X(R1, R6),
	    CALL_NR(168), RETURN_0 }, -EBADMSG, "closes descriptor 3, which is not its own" },
	{ "updates from nowhere",
	  { BPF(0, AT_MAP(2), 72), SET(AT_UPDATE, 3), SET(AT_UPDATE + 20, 0),
	    BPF(2, AT_UPDATE, 32), RETURN_0 }, -EBADMSG, "reads 16 bytes" },
	{ "updates what is frozen",
	  { BPF(0, AT_MAP(2), 72), SET(AT_UPDATE, 3), SET(AT_FREEZE, 3), BPF(22, AT_FREEZE, 4),
	    BPF(2, AT_UPDATE, 32), EXIT }, -ENOEXEC, "its loader returns -1" },
	{ "freezes twice",
	  { BPF(0, AT_MAP(2), 72), SET(AT_FREEZE, 3), BPF(22, AT_FREEZE, 4),
	    BPF(22, AT_FREEZE, 4), EXIT }, -ENOEXEC, "its loader returns -16" },
	{ "takes from an array", { BPF(0, AT_MAP(2), 72), BPF(3, AT_UPDATE, 32), EXIT }, -ENOEXEC,
	  "its loader returns -22" },
	{ "two programs",
	  { BPF(18, AT_BTF, 28), BPF(5, AT_PROG, 144), BPF(5, AT_PROG, 144), EXIT }, -EOPNOTSUPP,
	  "loads a program that is its second" },
	{ "type information from nowhere", { SET(AT_BTF + 4, 0), BPF(18, AT_BTF, 28), RETURN_0 },
	  -EBADMSG, "reads 4 bytes" },
	{ "type information twice", { BPF(18, AT_BTF, 28), BPF(18, AT_BTF, 28), RETURN_0 },
	  -EOPNOTSUPP, "a second time" },
	{ "type information of 4 GiB", { SET(AT_BTF + 16, -1), BPF(18, AT_BTF, 28), RETURN_0 },
	  -E2BIG, "loads 4294967295 bytes of type information" },
	{ "no type information", { SET(AT_BTF + 16, 0), BPF(18, AT_BTF, 28), RETURN_0 }, -E2BIG,
	  "loads 0 bytes" },
	{ "address of a symbol",
	  { DATA(R1, AT_NAMES), MOV64_K(R2, 26), MOV64_K(R3, 0), MOV64_X(R4, R10), ADD64_K(R4, -8),
	    CALL_NR(159), RETURN_0 }, -EOPNOTSUPP,
	  "wants the address of 'kexec_image_parser_anchor'" },
	{ "unknown function of the kernel",
	  { SET(AT_NAMES, 0x78), DATA(R1, AT_NAMES), MOV64_K(R2, 4), MOV64_K(R3, 12),
	    MOV64_K(R4, 0), CALL_NR(167), RETURN_0 }, -EOPNOTSUPP, "looks for 'x' in the kernel" },
	{ "variable of the kernel",
	  { DATA(R1, AT_NAMES), MOV64_K(R2, 26), MOV64_K(R3, 14), MOV64_K(R4, 0), CALL_NR(167),
	    RETURN_0 }, -EOPNOTSUPP, "looks for 'kexec_image_parser_anchor'" },
};

/* With the data of the good loader, which it need not use. */
static void test_loaders(void **state)
{
	autobytes struct bytes data = { 0 };

	(void)state;
	make_loader_data(&data, idle, 2);
	assert_int_equal(data.size, AT_END);
	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++) {
		autobytes struct bytes object = { 0 };
		const struct hostile *h = &loaders[i];
		struct why w = { 0 };

		make_skeleton(&object, bytes_span(&data), h->code, code_length(h->code, CODE));
		check_refused(h->name, load(&object, &w), &w, h->err, h->phrase);
	}
}

/* Few instructions, but a megabyte moved by each of a hundred thousand calls. */
static void test_work(void **state)
{
	static const struct vm_insn code[] = {
		MOV64_K(R6, 100000), DATA(R1, 0), MOV64_K(R2, 1 << 19), MOV64_K(R3, 0),
		CALL_NR(148), ADD64_K(R6, -1), JMP_K(JMP_JNE, R6, 0, -7), MOV64_K(R0, 0), EXIT,
	};
	autobytes struct bytes object = { 0 }, data = { 0 };
	struct why w = { 0 };

	(void)state;
	bytes_fill(&data, 0, 1 << 19);
	make_skeleton(&object, bytes_span(&data), code, ARRAY_SIZE(code));
	check_refused("work", load(&object, &w), &w, -E2BIG, "have been used up");
}

/* The good loader, with one field of its data another. */
struct change {
	const char *name;
	size_t off;
	unsigned int width;
	uint64_t value;
	int err;
	const char *phrase;
};

static const struct change changes[] = {
	{ "map without a value", AT_MAP(1) + 8, 4, 0, -ENOEXEC, "its loader returns -22" },
	{ "map without elements", AT_MAP(1) + 12, 4, 0, -ENOEXEC, "its loader returns -22" },
	{ "key of 8 bytes", AT_MAP(1) + 4, 4, 8, -ENOEXEC, "its loader returns -22" },
	{ "ring with keys", AT_MAP(0) + 4, 4, 4, -ENOEXEC, "its loader returns -22" },
	{ "ring with values", AT_MAP(0) + 8, 4, 4, -ENOEXEC, "its loader returns -22" },
	{ "ring of no power of 2", AT_MAP(0) + 12, 4, 12288, -ENOEXEC, "its loader returns -22" },
	{ "ring below a page", AT_MAP(0) + 12, 4, 2048, -ENOEXEC, "its loader returns -22" },
	{ "ring that can be mapped", AT_MAP(0) + 16, 4, 0x400, -ENOEXEC, "its loader returns -22" },
	{ "ring that is read-only", AT_MAP(0) + 16, 4, 0x80, -ENOEXEC, "its loader returns -22" },
	{ "update of nothing", AT_UPDATE, 4, 99, -ENOEXEC, "its loader returns -9" },
	{ "update of a ring", AT_UPDATE, 4, FD_RING, -ENOEXEC, "its loader returns -95" },
	{ "update of element 1 of 1", AT_KEY, 4, 1, -ENOEXEC, "its loader returns -7" },
	{ "update of what must not be there", AT_UPDATE + 24, 8, 1, -ENOEXEC,
	  "its loader returns -17" },
	{ "update with strange flags", AT_UPDATE + 24, 8, 8, -ENOEXEC, "its loader returns -22" },
	{ "freezes nothing", AT_FREEZE, 4, 2, -ENOEXEC, "its loader returns -9" },

	{ "program for something else", AT_PROG, 4, 2, -EOPNOTSUPP, "is not for tracing" },
	{ "program without instructions", AT_PROG + 4, 4, 0, -ENOEXEC, "its program has 0 bytes" },
	{ "program of 2^32-1 instructions", AT_PROG + 4, 4, UINT32_MAX, -E2BIG,
	  "a program of 4294967295 instructions" },
	{ "program that is not all there", AT_PROG + 4, 4, 3, -EBADMSG, "reads 24 bytes outside of" },
	{ "program from nowhere", AT_PROG + 8, 8, 0, -EBADMSG, "reads 16 bytes at NULL" },
	{ "other licence", AT_LICENSE, 1, 'L', -ENOEXEC, "its licence is 'LPL'" },
	{ "licence from nowhere", AT_PROG + 16, 8, 1, -EBADMSG, "reads 1 bytes at NULL" },
	{ "licence without an end", AT_PROG + 16, 8, 0, -EBADMSG, "reads 1 bytes at NULL" },
	{ "types of a map", AT_PROG + 72, 4, FD_RING, -ENOEXEC, "its loader returns -9" },
	{ "not sleepable", AT_PROG + 44, 4, 0, -ENOEXEC, "not a sleepable one for fentry" },
	{ "for fexit", AT_PROG + 68, 4, 25, -ENOEXEC, "not a sleepable one for fentry" },
	{ "for another function", AT_PROG + 108, 4, 1, -ENOEXEC, "not a sleepable one for fentry" },
	{ "relocations of 8 bytes", AT_PROG + 116, 4, 1, -EBADMSG, "relocations of another form" },
	{ "program that is malformed", AT_REST, 1, 0xff, -EBADMSG,
	  "the program that it loads: insn 0 (opcode 0xff) does not exist" },
	{ "map that is none", AT_REST, 4, 0x1018, -EOPNOTSUPP, "of a kind that is unknown" },
};

static void test_changes(void **state)
{
	struct vm_insn loader[96];
	size_t nr = make_loader(loader, 96);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		autobytes struct bytes object = { 0 }, data = { 0 };
		const struct change *c = &changes[i];
		struct why w = { 0 };

		make_loader_data(&data, idle, 2);
		bytes_set(&data, c->off, c->width, c->value);
		make_skeleton(&object, bytes_span(&data), loader, nr);
		check_refused(c->name, load(&object, &w), &w, c->err, c->phrase);
	}
}

/* Programs whose maps and functions do not exist. */
static void test_links(void **state)
{
#define LD(src, imm, off) { INSN(OP_LD_IMM64, R1, src, 0, imm), INSN(0, 0, 0, 0, off), \
			    MOV64_K(R0, 0), EXIT }
#define KFUNC(off, id) { INSN(OP_CALL, 0, CALL_KFUNC, off, id), MOV64_K(R0, 0), EXIT }
	static const struct hostile parsers[] = {
		{ "map number 4", LD(LD_MAP, 4, 0), -EBADMSG, "a map that does not exist" },
		{ "map number 64", LD(LD_MAP, 64, 0), -EBADMSG, "an impossible number" },
		{ "map number -1", LD(LD_MAP, -1, 0), -EBADMSG, "an impossible number" },
		{ "map with an offset", LD(LD_MAP, MAP_ARRAY, 8), -EBADMSG, "a map with an offset" },
		{ "value of a ring", LD(LD_MAP_VALUE, MAP_RING, 0), -EBADMSG, "outside of its map" },
		{ "value of many", LD(LD_MAP_VALUE, MAP_ARRAY, 0), -EBADMSG, "outside of its map" },
		{ "value behind the end", LD(LD_MAP_VALUE, MAP_DATA, 16), -EBADMSG,
		  "outside of its map" },
		{ "function of its own", LD(4, 0, 0), -EOPNOTSUPP, "of a kind that is unknown" },
		{ "variable of the kernel", LD(3, 1, 0), -EOPNOTSUPP, "of a kind that is unknown" },
		{ "kernel function 1", KFUNC(0, 1), -EOPNOTSUPP, "kernel function that is unknown" },
		{ "kernel function 4", KFUNC(0, 0x2004), -EOPNOTSUPP, "kernel function that is" },
		{ "function of a module", KFUNC(1, 0x2000), -EOPNOTSUPP, "kernel function that is" },
		{ "helper of loaders", { CALL_NR(166), EXIT }, -EOPNOTSUPP, "helper function that is" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
		autobytes struct bytes object = { 0 };
		const struct hostile *h = &parsers[i];
		struct why w = { 0 };

		make_parser_skeleton(&object, h->code, code_length(h->code, CODE));
		check_refused(h->name, load(&object, &w), &w, h->err, h->phrase);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_loaders),
		cmocka_unit_test(test_work),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
