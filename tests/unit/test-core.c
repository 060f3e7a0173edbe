/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CO-RE: the kernel's answers to what a program's own types ask, and questions that
 * are malformed. The program's types are made by libbpf, like those of the machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>
#endif
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/vm/kernel-types.h"
#include "bpf/vm/lskel.h"
#include "lib/cleanup.h"
#include "tests/bpf/asm.h"
#include "tests/unit/images.h"

#ifdef HAVE_LIBBPF

/* Identifiers of the types below, in the order in which they are made. */
enum {
	T_INT = 1, T_LONG, T_CHAR, T_PTR, T_PTRS, T_LONGS, T_CONTEXT, T_FLAVOUR, T_OTHER, T_ABI,
	T_TYPEDEF, T_LOOP, T_OPAQUE, T_NAMELESS, T_STRUCT, T_INSIDE,
};

/* Another order than the kernel's, and things that it has not. */
static void make_types(struct btf *btf)
{
	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), T_INT);
	assert_int_equal(btf__add_int(btf, "unsigned long", 8, 0), T_LONG);
	assert_int_equal(btf__add_int(btf, "char", 1, BTF_INT_SIGNED), T_CHAR);
	assert_int_equal(btf__add_ptr(btf, T_CHAR), T_PTR);
	assert_int_equal(btf__add_array(btf, T_INT, T_PTR, 99), T_PTRS);
	assert_int_equal(btf__add_array(btf, T_INT, T_LONG, 99), T_LONGS);
	assert_int_equal(btf__add_struct(btf, "kexec_context", 2000), T_CONTEXT);
	assert_int_equal(btf__add_field(btf, "parsing_buf_sz", T_LONGS, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "parsing_buf", T_PTRS, 800 * 8, 0), 0);
	assert_int_equal(btf__add_field(btf, "sig_mode", T_INT, 1600 * 8, 0), 0);
	assert_int_equal(btf__add_field(btf, "flags", T_INT, 1604 * 8, 0), 0);
	assert_int_equal(btf__add_field(btf, "kdump", T_INT, 1608 * 8, 3), 0);
	assert_int_equal(btf__add_field(btf, "kernel_sz", T_LONG, 1616 * 8, 0), 0);
	assert_int_equal(btf__add_struct(btf, "kexec_context___mine", 4), T_FLAVOUR);
	assert_int_equal(btf__add_field(btf, "sig_mode", T_INT, 0, 0), 0);
	assert_int_equal(btf__add_struct(btf, "task_struct", 8), T_OTHER);
	assert_int_equal(btf__add_field(btf, "pid", T_INT, 0, 0), 0);
	assert_int_equal(btf__add_enum(btf, "kexec_parser_abi___mine", 4), T_ABI);
	assert_int_equal(btf__add_enum_value(btf, "KEXEC_PARSER_ABI_READ", 70), 0);
	assert_int_equal(btf__add_enum_value(btf, "KEXEC_PARSER_ABI_FLY", 71), 0);
	assert_int_equal(btf__add_typedef(btf, "context_t", T_CONTEXT), T_TYPEDEF);
	assert_int_equal(btf__add_typedef(btf, "round", T_LOOP), T_LOOP);
	assert_int_equal(btf__add_struct(btf, "bpf_parser_context", 0), T_OPAQUE);
	assert_int_equal(btf__add_enum(btf, NULL, 4), T_NAMELESS);
	assert_int_equal(btf__add_enum_value(btf, "KEXEC_PARSER_ABI_REF", 1), 0);
	assert_int_equal(btf__add_struct(btf, NULL, 8), T_STRUCT);
	assert_int_equal(btf__add_field(btf, "sig_mode", T_INT, 4 * 8, 0), 0);
	assert_int_equal(btf__add_struct(btf, "kexec_context___inside", 24), T_INSIDE);
	assert_int_equal(btf__add_field(btf, NULL, T_STRUCT, 16 * 8, 0), 0);
}

/* Kinds of question: enum bpf_core_relo_kind. */
enum {
	OFFSET, SIZE, EXISTS, SIGNED, LSHIFT, RSHIFT, LOCAL_ID, TARGET_ID, TYPE_EXISTS, TYPE_SIZE,
	ENUM_EXISTS, ENUM_VALUE, MATCHES,
};

struct question {
	const char *name;
	uint32_t type, kind;
	const char *path;
	struct vm_insn insn[2]; /* as clang would have written it */
	int err;
	/* What becomes of off, imm or both imms; or the reason. POISONED: of all of it. */
	uint64_t want;
	const char *phrase;
};

#define POISONED UINT64_MAX
#define LOAD(off) { LDX(SIZE_DW, R0, R1, off), EXIT }
#define MOVE(imm) { MOV64_K(R0, imm), EXIT }
#define WIDE(imm) { LD_IMM64(R0, imm) }
#define BUF    offsetof(struct vm_kexec_context, parsing_buf)
#define BUF_SZ offsetof(struct vm_kexec_context, parsing_buf_sz)
#define MODE   offsetof(struct vm_kexec_context, sig_mode)

static const struct question questions[] = {
	{ "field", T_CONTEXT, OFFSET, "0:2", LOAD(1600), 0, MODE, NULL },
	{ "store", T_CONTEXT, OFFSET, "0:2", { ST(SIZE_W, R1, 1600, 1), EXIT }, 0, MODE, NULL },
	{ "addition", T_CONTEXT, OFFSET, "0:2", { ADD64_K(R1, 1600), EXIT }, 0, MODE, NULL },
	{ "constant", T_CONTEXT, OFFSET, "0:2", WIDE(1600), 0, MODE, NULL },
	{ "element", T_CONTEXT, OFFSET, "0:1:3", LOAD(824), 0, BUF + 24, NULL },
	{ "first element", T_CONTEXT, OFFSET, "0:0:0", LOAD(0), 0, BUF_SZ, NULL },
	{ "by a typedef", T_TYPEDEF, OFFSET, "0:2", LOAD(1600), 0, MODE, NULL },
	{ "of a flavour", T_FLAVOUR, OFFSET, "0:0", LOAD(0), 0, MODE, NULL },
	{ "inside something nameless", T_INSIDE, OFFSET, "0:0:0", LOAD(20), 0, MODE, NULL },
	{ "the whole struct", T_CONTEXT, SIZE, "0", MOVE(2000), 0, sizeof(struct vm_kexec_context),
	  NULL },
	{ "size", T_CONTEXT, SIZE, "0:2", MOVE(4), 0, 4, NULL },
	{ "size of another type", T_CONTEXT, SIZE, "0:5", MOVE(8), 0, 4, NULL },
	{ "sign", T_CONTEXT, SIGNED, "0:2", MOVE(1), 0, 1, NULL },
	{ "sign of another type", T_CONTEXT, SIGNED, "0:5", MOVE(0), 0, 1, NULL },
	{ "shift to the left", T_CONTEXT, LSHIFT, "0:5", MOVE(0), 0, 32, NULL },
	{ "shift to the right", T_CONTEXT, RSHIFT, "0:2", MOVE(32), 0, 32, NULL },
	{ "there is", T_CONTEXT, EXISTS, "0:2", MOVE(1), 0, 1, NULL },
	{ "there is none", T_CONTEXT, EXISTS, "0:3", MOVE(1), 0, 0, NULL },
	{ "there is no 16th", T_CONTEXT, EXISTS, "0:1:16", MOVE(1), 0, 0, NULL },
	{ "needs what is not there", T_CONTEXT, OFFSET, "0:3", LOAD(1604), 0, POISONED, NULL },
	{ "needs a wide one", T_CONTEXT, OFFSET, "0:3", WIDE(1604), 0, POISONED, NULL },
	{ "needs a 16th", T_CONTEXT, OFFSET, "0:1:16", LOAD(928), 0, POISONED, NULL },
	{ "enumerator", T_ABI, ENUM_VALUE, "0", WIDE(70), 0, 2, NULL },
	{ "enumerator there", T_ABI, ENUM_EXISTS, "0", MOVE(1), 0, 1, NULL },
	{ "enumerator not there", T_ABI, ENUM_EXISTS, "1", MOVE(1), 0, 0, NULL },
	{ "needs an enumerator", T_ABI, ENUM_VALUE, "1", WIDE(71), 0, POISONED, NULL },
	{ "type there", T_CONTEXT, TYPE_EXISTS, "0", MOVE(1), 0, 1, NULL },
	{ "size of a type", T_FLAVOUR, TYPE_SIZE, "0", MOVE(4), 0, sizeof(struct vm_kexec_context),
	  NULL },
	{ "number of a type", T_CONTEXT, LOCAL_ID, "0", MOVE(T_CONTEXT), 0, T_CONTEXT, NULL },

	{ "other struct", T_OTHER, OFFSET, "0:0", LOAD(0), -EOPNOTSUPP, 0,
	  "needs struct task_struct of the kernel" },
	{ "other struct's size", T_OTHER, TYPE_SIZE, "0", MOVE(8), -EOPNOTSUPP, 0, "not known here" },
	{ "is there another struct", T_OTHER, TYPE_EXISTS, "0", MOVE(1), -EOPNOTSUPP, 0,
	  "not known here" },
	{ "number of a kernel's type", T_CONTEXT, TARGET_ID, "0", MOVE(1), -EOPNOTSUPP, 0,
	  "of a kind that is unknown" },
	{ "match", T_CONTEXT, MATCHES, "0", MOVE(1), -EOPNOTSUPP, 0, "of a kind that is unknown" },
	{ "kind 99", T_CONTEXT, 99, "0", MOVE(1), -EOPNOTSUPP, 0, "of a kind that is unknown" },
	{ "bit field", T_CONTEXT, OFFSET, "0:4", LOAD(1608), -EOPNOTSUPP, 0, "is for a bit field" },
	{ "load of another width", T_CONTEXT, OFFSET, "0:5", LOAD(1616), -EOPNOTSUPP, 0,
	  "another size in the kernel" },
	{ "opaque", T_OPAQUE, SIZE, "0", MOVE(0), -EOPNOTSUPP, 0, "struct bpf_parser_context" },

	{ "enum without a name", T_NAMELESS, ENUM_VALUE, "0", WIDE(1), -EOPNOTSUPP, 0,
	  "not known here" },
	{ "struct without a name", T_STRUCT, OFFSET, "0:0", LOAD(4), -EOPNOTSUPP, 0,
	  "needs struct  of the kernel" },

	{ "type 0", 0, OFFSET, "0:2", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "type 2^32-1", UINT32_MAX, OFFSET, "0:2", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "type that is no struct", T_INT, OFFSET, "0:2", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "type of itself", T_LOOP, OFFSET, "0:2", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "no path", T_CONTEXT, OFFSET, "", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "path of letters", T_CONTEXT, OFFSET, "0:x", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "path without an end", T_CONTEXT, OFFSET, "0:", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "negative path", T_CONTEXT, OFFSET, "0:-1", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "path of 2^31", T_CONTEXT, OFFSET, "2147483648", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "the 2^31-1st", T_CONTEXT, OFFSET, "2147483647:2", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "sixth of six", T_CONTEXT, OFFSET, "0:6", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "99th of 99", T_CONTEXT, OFFSET, "0:1:99", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "into a number", T_CONTEXT, OFFSET, "0:2:0", LOAD(1600), -EBADMSG, 0, "names no field" },
	{ "into a pointer", T_CONTEXT, OFFSET, "0:1:0:0", LOAD(800), -EBADMSG, 0, "names no field" },
	{ "enumerator 2 of 2", T_ABI, ENUM_VALUE, "2", WIDE(70), -EBADMSG, 0, "not known here" },
	{ "enumerator of a struct", T_CONTEXT, ENUM_VALUE, "0", WIDE(0), -EBADMSG, 0,
	  "not known here" },
	{ "other offset", T_CONTEXT, OFFSET, "0:2", LOAD(1596), -EBADMSG, 0,
	  "does not fit its instruction" },
	{ "other constant", T_CONTEXT, OFFSET, "0:2", WIDE(1601), -EBADMSG, 0,
	  "does not fit its instruction" },
	{ "other upper half", T_CONTEXT, OFFSET, "0:2", WIDE(0x100000640), -EBADMSG, 0,
	  "does not fit its instruction" },
	{ "other addition", T_CONTEXT, OFFSET, "0:2", MOVE(0), -EBADMSG, 0,
	  "does not fit its instruction" },
	{ "register", T_CONTEXT, OFFSET, "0:2", { MOV64_X(R0, R1), EXIT }, -EBADMSG, 0,
	  "does not fit its instruction" },
	{ "jump", T_CONTEXT, OFFSET, "0:2", { JA(0), EXIT }, -EBADMSG, 0, "of another kind" },
	{ "exit", T_CONTEXT, OFFSET, "0:2", { EXIT, EXIT }, -EBADMSG, 0, "of another kind" },
};

static void add_record(struct bytes *b, uint32_t off, uint32_t type, uint32_t path, uint32_t kind)
{
	bytes_fill(b, 0, 16);
	bytes_set(b, b->size - 16, 4, off);
	bytes_set(b, b->size - 12, 4, type);
	bytes_set(b, b->size - 8, 4, path);
	bytes_set(b, b->size - 4, 4, kind);
}

/* One question, at instruction @off. */
static int ask(const struct question *q, uint32_t off, struct vm_insn insn[2], struct why *w)
{
	struct btf *btf = btf__new_empty();
	struct vm_program p = { .insns = insn, .nr = 2 };
	autobytes struct bytes records = { 0 };
	const void *raw;
	uint32_t size;
	int path, r;

	assert_non_null(btf);
	make_types(btf);
	path = btf__add_str(btf, q->path);
	assert_true(path >= 0);
	raw = btf__raw_data(btf, &size);
	assert_non_null(raw);
	add_record(&records, off, q->type, path, q->kind);
	memcpy(insn, q->insn, sizeof(q->insn));
	r = core_relocate(&p, (struct span){ raw, size }, bytes_span(&records), w);
	btf__free(btf);
	return r;
}

static void check_answer(const struct question *q, const struct vm_insn insn[2])
{
	uint64_t got = (uint32_t)insn[0].imm;

	if (q->want == POISONED) {
		assert_int_equal(insn[0].code, OP_CALL);
		assert_int_equal(insn[0].imm, CALL_POISON);
		assert_int_equal(insn[1].code, q->insn[0].code == OP_LD_IMM64 ? OP_CALL : OP_EXIT);
		return;
	}
	if (insn[0].code == OP_LD_IMM64)
		got |= (uint64_t)(uint32_t)insn[1].imm << 32;
	else if (INSN_CLASS(insn[0].code) == CLASS_LDX || INSN_CLASS(insn[0].code) == CLASS_ST)
		got = insn[0].off;
	if (got != q->want)
		fail_msg("%s: %#llx", q->name, (unsigned long long)got);
}

static void test_questions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const struct question *q = &questions[i];
		struct vm_insn insn[2];
		struct why w = { 0 };
		int r = ask(q, 0, insn, &w);

		if (q->err)
			check_refused(q->name, r, &w, q->err, q->phrase);
		else if (r < 0)
			fail_msg("%s: %s", q->name, w.text);
		else
			check_answer(q, insn);
	}
}

/* Records for instructions that are not there. */
static void test_places(void **state)
{
	static const uint32_t offs[] = { 4, 16, 0x80000000, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offs); i++) {
		struct vm_insn insn[2];
		struct why w = { 0 };

		check_refused("place", ask(&questions[0], offs[i], insn, &w), &w, -EBADMSG,
			      "CO-RE relocation 0 is outside the program");
	}
}

/* Type information that is not whole. */
static void test_headers(void **state)
{
	static const struct {
		size_t off;
		unsigned int width;
		uint64_t value;
	} bad[] = {
		{ 0, 2, 0x9feb }, { 2, 1, 2 }, { 4, 4, 0 }, { 4, 4, 28 }, { 4, 4, 4096 },
		{ 4, 4, UINT32_MAX }, { 8, 4, 4 }, { 12, 4, UINT32_MAX }, { 12, 4, 0 },
		{ 16, 4, UINT32_MAX }, { 20, 4, UINT32_MAX }, { 20, 4, 0 }, { 28, 4, 0xffffffff },
	};
	struct btf *btf = btf__new_empty();
	struct vm_insn insn[2] = { EXIT, EXIT };
	struct vm_program p = { .insns = insn, .nr = 2 };
	autobytes struct bytes good = { 0 };
	const void *raw;
	uint32_t size;

	(void)state;
	assert_non_null(btf);
	make_types(btf);
	raw = btf__raw_data(btf, &size);
	bytes_add(&good, raw, size);
	btf__free(btf);
	assert_int_equal(core_relocate(&p, bytes_span(&good), NO_BYTES, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		autobytes struct bytes b = { 0 };
		struct why w = { 0 };

		bytes_add(&b, good.data, good.size);
		bytes_set(&b, bad[i].off, bad[i].width, bad[i].value);
		check_refused("header", core_relocate(&p, bytes_span(&b), NO_BYTES, &w), &w,
			      -EBADMSG, "its type information is malformed");
	}
	for (size_t cut = 0; cut < good.size; cut++) {
		autobytes struct bytes b = { 0 };

		bytes_add(&b, good.data, cut);
		assert_int_equal(core_relocate(&p, bytes_span(&b), NO_BYTES, NULL), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
	puts("ok 1 - CO-RE # SKIP built without libbpf");
	return 0;
}
#endif
