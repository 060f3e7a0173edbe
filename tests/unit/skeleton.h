/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Light skeletons made in memory, from assembly: what no bpftool would write. Like
 * images.h, whatever goes wrong in here ends the test.
 */
#ifndef TESTS_UNIT_SKELETON_H
#define TESTS_UNIT_SKELETON_H

#include "bpf/vm/insn.h"
#include "tests/unit/images.h"

/* An object with the symbols opts_data and opts_insn, for these bytes. */
void make_skeleton(struct bytes *ret, struct span data, const struct vm_insn *code, size_t nr);
/* What is where in it. */
#define SKELETON_SYMBOLS 0x040
#define SKELETON_TABLE   0x0a0
#define SKELETON_STRINGS 0x1e0
#define SKELETON_BYTES   0x240 /* opts_data and its NUL, then opts_insn */
#define SKELETON_SECTION(i, field) (SKELETON_TABLE + (i) * 64 + offsetof(Elf64_Shdr, field))
#define SKELETON_SYMBOL(i, field)  (SKELETON_SYMBOLS + (i) * 24 + offsetof(Elf64_Sym, field))

/*
 * A loader as skeletons have them. Its data starts with what follows, by offset; the
 * rest is the caller's. Descriptors are given out in this order.
 */
#define FD_BTF   3
#define FD_RING  4 /* 4096 bytes; index 0 of the parser's maps */
#define FD_ARRAY 5 /* 4 values of 8 bytes; index 1 */
#define FD_DATA  6 /* 1 value of 16 bytes, 1 to 16; index 2 */
#define FD_CONST 7 /* the same, read-only and frozen; index 3 */
#define FD_PROG  8
enum { MAP_RING, MAP_ARRAY, MAP_DATA, MAP_CONST };

#define AT_FDS     0x000
#define AT_LICENSE 0x040
#define AT_BTF     0x080 /* attributes of BTF_LOAD */
#define AT_MAP(i)  (0x100 + 0x60 * (i))
#define AT_UPDATE  0x280 /* of MAP_UPDATE_ELEM */
#define AT_FREEZE  0x2c0
#define AT_PROG    0x300
#define AT_KEY     0x400
#define AT_VALUE   0x410
#define AT_NAMES   0x440
#define AT_REST    0x500

/* An address inside the loader's data, as the machine has it. */
uint64_t data_addr(size_t off);

/* The data of a good loader, for a parser of @nr instructions. */
void make_loader_data(struct bytes *ret, const struct vm_insn *parser, size_t nr);
/* That loader, in data as above. */
size_t make_loader(struct vm_insn *ret, size_t room);

/* The whole: a good loader around a parser. */
void make_parser_skeleton(struct bytes *ret, const struct vm_insn *parser, size_t nr);

#endif
