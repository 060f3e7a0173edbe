/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parsers of type 2 on the machine: what helpers answer, as the kernel's do
 * (tests/skel has programs that both run), and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "bpf/vm/stage.h"
#include "bpf/vm/vm.h"
#include "bpf/vm/world.h"
#include "lib/cleanup.h"
#include "tests/bpf/asm.h"
#include "tests/unit/skeleton.h"

#define CODE 40
#define ID   0x1234567890

struct parser {
	const char *name;
	struct vm_insn code[CODE];
	int err;            /* 0: it must end well */
	const char *phrase; /* of the refusal */
};

#define MAP(reg, index)      INSN(OP_LD_IMM64, reg, LD_MAP, 0, index), INSN(0, 0, 0, 0, 0)
#define VALUE(reg, map, off) INSN(OP_LD_IMM64, reg, LD_MAP_VALUE, 0, map), INSN(0, 0, 0, 0, off)
#define KFUNC(row)           INSN(OP_CALL, 0, CALL_KFUNC, 0, 0x2000 + (row))
#define RETURN_0             MOV64_K(R0, 0), EXIT
/* Reads at NULL unless the register has that value; needs r5. */
#define EXPECT(reg, value) \
	JMP_K(JMP_JEQ, reg, value, 2), MOV64_K(R5, 0), LDX(SIZE_B, R5, R5, 0)
/* r0 = what the helper says of element @key. */
#define LOOKUP(map, key)                                                           \
	ST(SIZE_W, R10, -4, key), MAP(R1, map), MOV64_X(R2, R10), ADD64_K(R2, -4), CALL_NR(1)
/* The value is the 8 bytes at r10 - 16. */
#define UPDATE(map, key, flags)                                                    \
	ST(SIZE_W, R10, -4, key), ST(SIZE_DW, R10, -16, 77), MAP(R1, map),         \
	MOV64_X(R2, R10), ADD64_K(R2, -4), MOV64_X(R3, R10), ADD64_K(R3, -16),     \
	MOV64_K(R4, flags), CALL_NR(2)
#define RESERVE(size) MAP(R1, MAP_RING), MOV64_K(R2, size), MOV64_K(R3, 0), CALL_NR(131)
#define DISCARD(reg)  MOV64_X(R1, reg), MOV64_K(R2, 0), CALL_NR(133)
#define QUERY(what)   MAP(R1, MAP_RING), MOV64_K(R2, what), CALL_NR(134)
/* r8 = a record of so many bytes, which must be there. */
#define HOLD(size)    RESERVE(size), JMP_K(JMP_JNE, R0, 0, 2), RETURN_0, MOV64_X(R8, R0)
/* Reads 8 bytes at r3 to the stack; r6 is the anchor's context. */
#define PROBE(size)   MOV64_X(R1, R10), ADD64_K(R1, -8), MOV64_K(R2, size), CALL_NR(113)
#define IMAGE(reg)    LDX(SIZE_DW, reg, R6, 0), LDX(SIZE_DW, reg, reg, PARSING_BUF)
#define PARSING_BUF    64
#define PARSING_BUF_SZ 192
#define IMAGE_SIZE     100

static const struct parser good[] = {
	{ "the anchor's arguments",
	  { LDX(SIZE_DW, R2, R1, 8), LD_IMM64(R3, ID), JMP_X(JMP_JEQ, R2, R3, 2),
	    MOV64_K(R5, 0), LDX(SIZE_B, R5, R5, 0), LDX(SIZE_DW, R2, R1, 0),
	    LDX(SIZE_DW, R3, R2, PARSING_BUF_SZ), EXPECT(R3, IMAGE_SIZE),
	    LDX(SIZE_B, R3, R2, 0), EXPECT(R3, 1), RETURN_0 }, 0, NULL },
	{ "lookup of an element", { LOOKUP(MAP_ARRAY, 3), JMP_K(JMP_JNE, R0, 0, 1), EXIT,
				    ST(SIZE_DW, R0, 0, 9), MOV64_X(R8, R0), LOOKUP(MAP_ARRAY, 3),
				    LDX(SIZE_DW, R3, R0, 0), EXPECT(R3, 9), RETURN_0 }, 0, NULL },
	{ "elements start at 0", { LOOKUP(MAP_ARRAY, 0), JMP_K(JMP_JNE, R0, 0, 1), EXIT,
				   LDX(SIZE_DW, R3, R0, 0), EXPECT(R3, 0), RETURN_0 }, 0, NULL },
	{ "lookup behind the end", { LOOKUP(MAP_ARRAY, 4), EXPECT(R0, 0), EXIT }, 0, NULL },
	{ "lookup of element 2^32-1", { LOOKUP(MAP_ARRAY, -1), EXPECT(R0, 0), EXIT }, 0, NULL },
	{ "update", { UPDATE(MAP_ARRAY, 2, 0), EXPECT(R0, 0), LOOKUP(MAP_ARRAY, 2),
		      JMP_K(JMP_JNE, R0, 0, 1), EXIT, LDX(SIZE_DW, R3, R0, 0), EXPECT(R3, 77),
		      RETURN_0 }, 0, NULL },
	{ "update of an element with itself",
	  { LOOKUP(MAP_ARRAY, 2), JMP_K(JMP_JNE, R0, 0, 1), EXIT, ST(SIZE_DW, R0, 0, 5),
	    MOV64_X(R8, R0), MOV64_X(R3, R0), MAP(R1, MAP_ARRAY), MOV64_X(R2, R10),
	    ADD64_K(R2, -4), MOV64_K(R4, 0), CALL_NR(2), LDX(SIZE_DW, R3, R8, 0), EXPECT(R3, 5),
	    RETURN_0 }, 0, NULL },
	{ "update of what is there", { UPDATE(MAP_ARRAY, 2, 2), EXPECT(R0, 0), RETURN_0 }, 0, NULL },
	{ "update behind the end", { UPDATE(MAP_ARRAY, 4, 0), EXPECT(R0, -E2BIG), RETURN_0 }, 0,
	  NULL },
	{ "update of what must not be there", { UPDATE(MAP_ARRAY, 2, 1), EXPECT(R0, -EEXIST),
						RETURN_0 }, 0, NULL },
	{ "update with strange flags", { UPDATE(MAP_ARRAY, 2, 4), EXPECT(R0, -EINVAL), RETURN_0 },
	  0, NULL },
	{ "delete", { ST(SIZE_W, R10, -4, 0), MAP(R1, MAP_ARRAY), MOV64_X(R2, R10),
		      ADD64_K(R2, -4), CALL_NR(3), EXPECT(R0, -EINVAL), RETURN_0 }, 0, NULL },

	{ ".data as the loader left it",
	  { VALUE(R1, MAP_DATA, 8), LDX(SIZE_B, R2, R1, 0), EXPECT(R2, 9),
	    LDX(SIZE_B, R2, R1, -8), EXPECT(R2, 1), ST(SIZE_W, R1, 0, 5), LDX(SIZE_W, R2, R1, 0),
	    EXPECT(R2, 5), RETURN_0 }, 0, NULL },
	{ ".rodata", { VALUE(R1, MAP_CONST, 0), LDX(SIZE_B, R2, R1, 15), EXPECT(R2, 16), RETURN_0 },
	  0, NULL },

	{ "record", { HOLD(8), LDX(SIZE_DW, R3, R8, 0), EXPECT(R3, 0), ST(SIZE_DW, R8, 0, 5),
		      LDX(SIZE_DW, R3, R8, 0), EXPECT(R3, 5), DISCARD(R8), RETURN_0 }, 0, NULL },
	{ "record of nothing", { HOLD(0), DISCARD(R8), RETURN_0 }, 0, NULL },
	{ "submit", { HOLD(8), MOV64_X(R1, R8), MOV64_K(R2, 0), CALL_NR(132), RETURN_0 }, 0, NULL },
	{ "the largest record", { HOLD(4080), DISCARD(R8), RETURN_0 }, 0, NULL },
	{ "one byte too large", { RESERVE(4081), EXPECT(R0, 0), EXIT }, 0, NULL },
	{ "as large as the ring", { RESERVE(4096), EXPECT(R0, 0), EXIT }, 0, NULL },
	{ "of 4 GiB", { MAP(R1, MAP_RING), LD_IMM64(R2, UINT32_MAX), MOV64_K(R3, 0), CALL_NR(131),
			EXPECT(R0, 0), EXIT }, 0, NULL },
	{ "with flags", { MAP(R1, MAP_RING), MOV64_K(R2, 8), MOV64_K(R3, 1), CALL_NR(131),
			  EXPECT(R0, 0), EXIT }, 0, NULL },
	{ "full: what was given back stays taken", { HOLD(2040), DISCARD(R8), RESERVE(2040),
						     EXPECT(R0, 0), EXIT }, 0, NULL },
	{ "what is there", { HOLD(9), DISCARD(R8), QUERY(0), EXPECT(R0, 24), RETURN_0 }, 0, NULL },
	{ "size of the ring", { QUERY(1), EXPECT(R0, 4096), RETURN_0 }, 0, NULL },
	{ "nobody reads", { QUERY(2), EXPECT(R0, 0), RETURN_0 }, 0, NULL },
	{ "what was written", { HOLD(1), DISCARD(R8), QUERY(3), EXPECT(R0, 16), RETURN_0 }, 0, NULL },
	{ "query of something", { QUERY(4), EXPECT(R0, 0), RETURN_0 }, 0, NULL },
	{ "output", { VALUE(R2, MAP_CONST, 0), MAP(R1, MAP_RING), MOV64_K(R3, 16), MOV64_K(R4, 1),
		      CALL_NR(130), EXPECT(R0, 0), QUERY(3), EXPECT(R0, 24), RETURN_0 }, 0, NULL },
	{ "output with flags", { VALUE(R2, MAP_CONST, 0), MAP(R1, MAP_RING), MOV64_K(R3, 16),
				 MOV64_K(R4, 4), CALL_NR(130), EXPECT(R0, -EINVAL), RETURN_0 },
	  0, NULL },
	{ "output into a full ring",
	  { HOLD(4072), DISCARD(R8), VALUE(R2, MAP_CONST, 0), MAP(R1, MAP_RING), MOV64_K(R3, 16),
	    MOV64_K(R4, 0), CALL_NR(130), EXPECT(R0, -EAGAIN), RETURN_0 }, 0, NULL },

	{ "the image's first bytes",
	  { MOV64_X(R6, R1), IMAGE(R3), PROBE(8), EXPECT(R0, 0), LDX(SIZE_B, R3, R10, -8),
	    EXPECT(R3, 'M'), RETURN_0 }, 0, NULL },
	{ "its last ones", { MOV64_X(R6, R1), IMAGE(R3), ADD64_K(R3, IMAGE_SIZE - 8), PROBE(8),
			     EXPECT(R0, 0), RETURN_0 }, 0, NULL },
	{ "nothing behind it", { MOV64_X(R6, R1), IMAGE(R3), ADD64_K(R3, IMAGE_SIZE + 8), PROBE(0),
				 EXPECT(R0, 0), RETURN_0 }, 0, NULL },
	{ "nothing of NULL", { MOV64_K(R3, 0), PROBE(0), EXPECT(R0, -ERANGE), RETURN_0 }, 0, NULL },
	{ "NULL", { MOV64_K(R3, 0), PROBE(8), EXPECT(R0, -ERANGE), LDX(SIZE_DW, R3, R10, -8),
		    EXPECT(R3, 0), RETURN_0 }, 0, NULL },
	{ "the context by a copy",
	  { LDX(SIZE_DW, R3, R1, 0), ADD64_K(R3, PARSING_BUF_SZ), PROBE(8), EXPECT(R0, 0),
	    LDX(SIZE_DW, R3, R10, -8), EXPECT(R3, IMAGE_SIZE), RETURN_0 }, 0, NULL },
	{ "its own memory by a copy",
	  { VALUE(R3, MAP_CONST, 0), PROBE(8), EXPECT(R0, 0), LDX(SIZE_B, R3, R10, -8),
	    EXPECT(R3, 1), RETURN_0 }, 0, NULL },
	{ "user memory", { LD_IMM64(R3, 0x7fff00000000), MOV64_X(R1, R10), ADD64_K(R1, -8),
			   MOV64_K(R2, 8), CALL_NR(148), EXPECT(R0, -EFAULT),
			   LDX(SIZE_DW, R3, R10, -8), EXPECT(R3, 0), RETURN_0 }, 0, NULL },
	{ "a line of text",
	  { LD_IMM64(R1, 0x0068674948), STX(SIZE_DW, R10, -8, R1), MOV64_X(R1, R10),
	    ADD64_K(R1, -8), MOV64_K(R2, 5), CALL_NR(6), EXPECT(R0, 4), RETURN_0 }, 0, NULL },
	{ "a number as text, whose length nobody asks for",
	  { ST(SIZE_DW, R10, -8, 'A' | '%' << 8 | 'd' << 16), MOV64_X(R1, R10), ADD64_K(R1, -8),
	    MOV64_K(R2, 4), CALL_NR(6), RETURN_0 }, 0, NULL },
	{ "a line of text with many numbers",
	  { VALUE(R3, MAP_CONST, 0), ST(SIZE_DW, R10, -8, 'A' | '%' << 8 | 'd' << 16),
	    MOV64_X(R1, R10), ADD64_K(R1, -8), MOV64_K(R2, 4), MOV64_K(R4, 16), CALL_NR(177),
	    RETURN_0 }, 0, NULL },
	{ "with half a number",
	  { VALUE(R3, MAP_CONST, 0), ST(SIZE_DW, R10, -8, 'A' | '%' << 8 | 'd' << 16),
	    MOV64_X(R1, R10), ADD64_K(R1, -8), MOV64_K(R2, 4), MOV64_K(R4, 12), CALL_NR(177),
	    EXPECT(R0, -EINVAL), RETURN_0 }, 0, NULL },
	{ "text without an end",
	  { ST(SIZE_DW, R10, -8, -1), MOV64_X(R1, R10), ADD64_K(R1, -8), MOV64_K(R2, 8),
	    CALL_NR(6), EXPECT(R0, -EINVAL), RETURN_0 }, 0, NULL },
	{ "a function of its own", { MOV64_K(R1, 5), CALL_SUB(5), EXPECT(R0, 6), RETURN_0,
				     MOV64_X(R0, R1), ADD64_K(R0, 1), EXIT }, 0, NULL },
	{ "what the kernel lacks, not needed",
	  { MOV64_K(R2, 1), JMP_K(JMP_JNE, R2, 0, 1), CALL_NR(CALL_POISON), RETURN_0 }, 0, NULL },
	{ "a function that returns nothing", { CALL_SUB(2), RETURN_0, EXIT }, 0, NULL },
	{ "parser context", { LDX(SIZE_DW, R1, R1, 8), KFUNC(KF_GET), JMP_K(JMP_JNE, R0, 0, 1),
			      EXIT, MOV64_X(R1, R0), KFUNC(KF_PUT), RETURN_0 }, 0, NULL },
};

static const struct parser hostile[] = {
	{ "value of an element not compared", { LOOKUP(MAP_ARRAY, 1), LDX(SIZE_DW, R0, R0, 0), EXIT },
	  -EBADMSG, "of a map through a pointer that was not compared with NULL" },
	{ "element that is not there", { LOOKUP(MAP_ARRAY, 4), LDX(SIZE_DW, R0, R0, 0), EXIT },
	  -EBADMSG, "reads 8 bytes at NULL" },
	{ "behind an element", { LOOKUP(MAP_ARRAY, 1), JMP_K(JMP_JNE, R0, 0, 1), EXIT,
				 ST(SIZE_DW, R0, 8, 0), RETURN_0 }, -EBADMSG,
	  "writes 8 bytes outside of the value of a map" },
	{ "in front of an element", { LOOKUP(MAP_ARRAY, 1), JMP_K(JMP_JNE, R0, 0, 1), EXIT,
				      LDX(SIZE_B, R0, R0, -1), EXIT }, -EBADMSG,
	  "reads 1 bytes outside of the value of a map" },
	{ "across its end", { VALUE(R1, MAP_DATA, 12), LDX(SIZE_DW, R0, R1, 0), EXIT }, -EBADMSG,
	  "misaligned" },
	{ "behind .data", { VALUE(R1, MAP_DATA, 8), ST(SIZE_DW, R1, 8, 0), RETURN_0 }, -EBADMSG,
	  "writes 8 bytes outside of the value of a map" },
	{ "writes .rodata", { VALUE(R1, MAP_CONST, 0), ST(SIZE_B, R1, 0, 0), RETURN_0 }, -EBADMSG,
	  "writes to a map that is read-only" },
	{ "updates .rodata",
	  { ST(SIZE_W, R10, -4, 0), MAP(R1, MAP_CONST), MOV64_X(R2, R10), ADD64_K(R2, -4),
	    VALUE(R3, MAP_DATA, 0), MOV64_K(R4, 0), CALL_NR(2), RETURN_0 }, -EBADMSG,
	  "writes to a map that is read-only" },
	{ "reads into .rodata",
	  { VALUE(R1, MAP_CONST, 0), MOV64_K(R2, 8), MOV64_K(R3, 0), CALL_NR(113), RETURN_0 },
	  -EBADMSG, "writes to a map that is read-only" },
	{ "looks into a map itself", { MAP(R1, MAP_ARRAY), LDX(SIZE_DW, R0, R1, 0), EXIT }, -EBADMSG,
	  "reads 8 bytes of a map itself" },
	{ "lookup in a ring", { LOOKUP(MAP_RING, 0), EXIT }, -EBADMSG, "which is no array" },
	{ "lookup in nothing", { MOV64_K(R1, 5), MOV64_K(R2, 0), CALL_NR(1), EXIT }, -EBADMSG,
	  "is given 0x5, which is no array" },
	{ "lookup by nothing", { MAP(R1, MAP_ARRAY), MOV64_K(R2, 0), CALL_NR(1), EXIT }, -EBADMSG,
	  "reads 4 bytes at NULL" },
	{ "key never written", { MAP(R1, MAP_ARRAY), MOV64_X(R2, R10), ADD64_K(R2, -4), CALL_NR(1),
				 EXIT }, -EBADMSG, "where nothing was written" },
	{ "value never written", { ST(SIZE_W, R10, -4, 0), MAP(R1, MAP_ARRAY), MOV64_X(R2, R10),
				   ADD64_K(R2, -4), MOV64_X(R3, R10), ADD64_K(R3, -16),
				   MOV64_K(R4, 0), CALL_NR(2), EXIT }, -EBADMSG,
	  "where nothing was written" },

	{ "reserve from an array", { MAP(R1, MAP_ARRAY), MOV64_K(R2, 8), MOV64_K(R3, 0),
				     CALL_NR(131), EXIT }, -EBADMSG, "which is no ring buffer" },
	{ "record not compared", { RESERVE(8), ST(SIZE_DW, R0, 0, 0), RETURN_0 }, -EBADMSG,
	  "writes 8 bytes of a ring buffer's record that was not compared with NULL" },
	{ "record not compared, given back", { RESERVE(8), DISCARD(R0), RETURN_0 }, -EBADMSG,
	  "gives back a record that was not compared" },
	{ "ring buffer overflow", { HOLD(8), ST(SIZE_DW, R8, 8, 0), DISCARD(R8), RETURN_0 },
	  -EBADMSG, "writes 8 bytes outside of a ring buffer's record" },
	{ "ring buffer overflow by a byte", { HOLD(9), ST(SIZE_H, R8, 8, 0), DISCARD(R8), RETURN_0 },
	  -EBADMSG, "writes 2 bytes outside of a ring buffer's record" },
	{ "in front of a record", { HOLD(8), LDX(SIZE_DW, R0, R8, -8), DISCARD(R8), RETURN_0 },
	  -EBADMSG, "reads 8 bytes outside of" },
	{ "overflow by a helper", { HOLD(8), MOV64_X(R1, R8), MOV64_K(R2, 9), MOV64_K(R3, 0),
				    CALL_NR(113), RETURN_0 }, -EBADMSG,
	  "writes 9 bytes outside of a ring buffer's record" },
	{ "use after submit", { HOLD(8), MOV64_X(R1, R8), MOV64_K(R2, 0), CALL_NR(132),
				ST(SIZE_DW, R8, 0, 0), RETURN_0 }, -EBADMSG,
	  "of a ring buffer's record after it was given back" },
	{ "given back twice", { HOLD(8), DISCARD(R8), DISCARD(R8), RETURN_0 }, -EBADMSG,
	  "which is no record that it holds" },
	{ "not from its start", { HOLD(16), MOV64_X(R7, R8), ADD64_K(R7, 8), DISCARD(R7), RETURN_0 },
	  -EBADMSG, "which is no record that it holds" },
	{ "NULL given back", { MOV64_K(R1, 0), MOV64_K(R2, 0), CALL_NR(133), RETURN_0 }, -EBADMSG,
	  "is given 0, which is no record" },
	{ "never given back", { HOLD(8), RETURN_0 }, -EBADMSG,
	  "ends the program with a ring buffer's record not given back" },
	{ "NULL, never compared", { RESERVE(0), EXIT }, -EBADMSG, "not given back" },
	{ "holds records for ever", { RESERVE(0), JA(-6) }, -E2BIG, "holds more records at once than" },
	{ "output from nowhere", { MAP(R1, MAP_RING), MOV64_K(R2, 0), MOV64_K(R3, 8), MOV64_K(R4, 0),
				   CALL_NR(130), RETURN_0 }, -EBADMSG, "reads 8 bytes at NULL" },

	{ "across the image's end",
	  { MOV64_X(R6, R1), IMAGE(R3), ADD64_K(R3, IMAGE_SIZE - 7), PROBE(8), RETURN_0 }, -EBADMSG,
	  "reads 8 bytes of kernel memory behind the image" },
	{ "in front of the image", { MOV64_X(R6, R1), IMAGE(R3), ADD64_K(R3, -8), PROBE(8), RETURN_0 },
	  -EBADMSG, "reads 8 bytes" },
	{ "behind the context", { LDX(SIZE_DW, R3, R1, 0), ADD64_K(R3, 576), PROBE(8), RETURN_0 },
	  -EBADMSG, "reads 8 bytes of kernel memory behind the context" },
	{ "anywhere in the kernel", { LD_IMM64(R3, 0xffffffff81000000), PROBE(8), RETURN_0 },
	  -EBADMSG, "reads 8 bytes outside of all memory" },
	{ "image without a helper", { MOV64_X(R6, R1), IMAGE(R3), LDX(SIZE_B, R0, R3, 0), EXIT },
	  -EBADMSG, "reads 1 bytes outside of all memory" },
	{ "loads behind the context", { LDX(SIZE_DW, R3, R1, 0), LDX(SIZE_DW, R0, R3, 576), EXIT },
	  -EBADMSG, "at offset 576 of struct kexec_context, which has 576" },
	{ "writes the kernel's context", { LDX(SIZE_DW, R3, R1, 0), ST(SIZE_B, R3, 0, 1), RETURN_0 },
	  -EBADMSG, "writes 1 bytes at offset 0 of struct kexec_context" },
	{ "hands the kernel's context out",
	  { LDX(SIZE_DW, R2, R1, 0), MAP(R1, MAP_RING), MOV64_K(R3, 8), MOV64_K(R4, 0),
	    CALL_NR(130), RETURN_0 }, -EBADMSG, "reads 8 bytes at offset 0 of struct kexec_context" },
	{ "writes its arguments", { ST(SIZE_DW, R1, 0, 0), RETURN_0 }, -EBADMSG,
	  "writes to its context" },
	{ "third argument", { LDX(SIZE_DW, R0, R1, 16), EXIT }, -EBADMSG,
	  "at offset 16 of the context, which has 16" },
	{ "length of a number as text",
	  { ST(SIZE_DW, R10, -8, 'A' | '%' << 8 | 'd' << 16), MOV64_X(R1, R10), ADD64_K(R1, -8),
	    MOV64_K(R2, 4), CALL_NR(6), EXIT }, -EBADMSG, "ends the program with nothing in r0" },
	{ "numbers from nowhere",
	  { MOV64_K(R3, 0), ST(SIZE_DW, R10, -8, 'A'), MOV64_X(R1, R10), ADD64_K(R1, -8),
	    MOV64_K(R2, 2), MOV64_K(R4, 8), CALL_NR(177), RETURN_0 }, -EBADMSG,
	  "reads 8 bytes at NULL" },
	{ "parser context kept", { LDX(SIZE_DW, R1, R1, 8), KFUNC(KF_GET), JMP_K(JMP_JNE, R0, 0, 1),
				   EXIT, RETURN_0 }, -EBADMSG, "without bpf_put_parser_context()" },
	{ "what the kernel lacks, needed", { CALL_NR(CALL_POISON), RETURN_0 }, -EBADMSG,
	  "needs a type, a field or a constant that the kernel does not have" },
	{ "returns something", { MOV64_K(R0, 5), EXIT }, -EBADMSG,
	  "it returns 0x5, and a program for fentry must return 0" },
	{ "looks at what a function has not returned", { CALL_SUB(1), EXIT, EXIT }, -EBADMSG,
	  "ends the program with nothing in r0" },
	{ "for ever", { JA(-1) }, -E2BIG, "have been used up" },
};

static int run(const struct parser *p, struct why *w)
{
	static const unsigned char image_bytes[IMAGE_SIZE] = "MZ";
	autobytes struct bytes object = { 0 };
	autoblob struct blob image = { 0 };
	autostage struct vm_stage stage = { .id = ID };
	autoprogram struct vm_program program = { 0 };

	assert_int_equal(blob_copy(&image, (struct span){ image_bytes, IMAGE_SIZE }, "image", NULL),
			 0);
	stage.image = blob_whole(&image);
	make_parser_skeleton(&object, p->code, code_length(p->code, CODE));
	if (vm_load(&program, bytes_span(&object), NULL, w) < 0)
		fail_msg("%s: %s", p->name, w->text);
	return vm_run_attached(&program, true, &stage, w);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct why w = { 0 };

		if (run(&good[i], &w) < 0)
			fail_msg("%s: %s", good[i].name, w.text);
	}
}

static void test_hostile(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		const struct parser *p = &hostile[i];
		struct why w = { 0 };

		check_refused(p->name, run(p, &w), &w, p->err, p->phrase);
	}
}

/* How much there may be of it, all together. */
static void test_limits(void **state)
{
	static const struct world_map ring = { .type = WORLD_RING, .max_entries = LIMIT_BPF_RING };
	static const struct world_map array = { .type = WORLD_ARRAY, .max_entries = 1,
						.value_size = LIMIT_BPF_ARRAY / 2 + 8 };
	struct vm_world *w = world_new();
	uint64_t first, second;

	(void)state;
	assert_non_null(w);
	assert_int_equal(world_map_create(w, &ring), 0);
	assert_int_equal(world_map_create(w, &ring), 1);
	assert_int_equal(world_reserve(w, &w->map[0], LIMIT_BPF_RING / 2, &first), 0);
	assert_int_equal(world_reserve(w, &w->map[1], LIMIT_BPF_RING / 2 + 8, &second), -E2BIG);
	world_record_end(w, world_record_at(w, first));
	assert_int_equal(world_reserve(w, &w->map[1], LIMIT_BPF_RING / 2 + 8, &second), 0);
	assert_int_equal(world_map_create(w, &array), 2);
	assert_int_equal(world_map_create(w, &array), -EOPNOTSUPP);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
