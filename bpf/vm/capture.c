/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BPF_PROG_LOAD of a parser: where the kernel takes a program over from its loader.
 * Maps and functions of the kernel become those of this machine; the rest of the
 * program is then checked like any other. Offsets are those of union bpf_attr, and
 * values those of enum bpf_prog_type and bpf_attach_type.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm/lskel.h"
#include "lib/cleanup.h"

enum {
	PROG_TYPE = 0,
	INSN_CNT = 4,
	INSNS = 8,
	LICENSE = 16,
	FLAGS = 44,
	EXPECTED_ATTACH = 68,
	ATTACH_ID = 108,
	RELO_CNT = 116,
	FD_ARRAY = 120,
	RELOS = 128,
	RELO_SIZE = 136,
};

#define TYPE_TRACING	 26
#define ATTACH_FENTRY	 24
#define F_SLEEPABLE	 0x10u
#define RELO_RECORD_SIZE 16

struct capture {
	struct vm *vm;
	struct span attr;
	struct vm_program *p;
};

static uint32_t get32(const struct capture *c, size_t at)
{
	uint32_t value = 0;

	span_le32(c->attr, at, &value);
	return value;
}

static uint64_t get64(const struct capture *c, size_t at)
{
	uint64_t value = 0;

	span_le64(c->attr, at, &value);
	return value;
}

static int refuse(const struct capture *c, int err, const char *what)
{
	return vm_violation(c->vm, err, "loads a program that %s", what);
}

static int check_license(const struct capture *c)
{
	char text[64] = "";
	size_t n = 0;
	int r;

	do {
		r = vm_read(c->vm, get64(c, LICENSE) + n, &text[n], 1);
	} while (r == 0 && text[n] && ++n < sizeof(text) - 1);
	text[n] = '\0';
	return r < 0 ? r : vm_check_license(text, c->vm->why);
}

/* The map behind row @index of the descriptors that came with the program. */
static int find_map(const struct capture *c, int32_t index, size_t *ret)
{
	unsigned char raw[4];
	uint32_t fd = 0;
	int map, r;

	if (index < 0 || index >= LIMIT_BPF_FDS)
		return refuse(c, -EBADMSG, "uses a map with an impossible number");
	r = vm_read(c->vm, get64(c, FD_ARRAY) + 4 * (uint64_t)index, raw, sizeof(raw));
	if (r < 0)
		return r;
	span_le32((struct span){ raw, sizeof(raw) }, 0, &fd);
	map = lskel_map_of(c->vm->loader, fd);
	if (map < 0)
		return refuse(c, -EBADMSG, "uses a map that does not exist");
	*ret = map;
	return 0;
}

/* The two slots of ld_imm64 at @i: a map's address, or that of what is in it. */
static int link_map(const struct capture *c, struct vm_insn *i)
{
	const struct world_map *m;
	uint64_t addr = 0;
	size_t map = 0;
	int r;

	if (i->src != LD_MAP && i->src != LD_MAP_VALUE)
		return refuse(c, -EOPNOTSUPP, "uses an address of a kind that is unknown here");
	r = find_map(c, i->imm, &map);
	if (r < 0)
		return r;
	m = &c->vm->loader->world->map[map];
	addr = world_map_addr(map);
	if (i->src == LD_MAP && i[1].imm)
		return refuse(c, -EBADMSG, "uses a map with an offset");
	if (i->src == LD_MAP_VALUE) {
		if (m->type != WORLD_ARRAY || m->max_entries != 1 ||
		    (uint32_t)i[1].imm >= m->value_size)
			return refuse(c, -EBADMSG, "uses a value outside of its map");
		m->looked_at[0] = COMPARED;
		addr = world_value_addr(map, 0) + (uint32_t)i[1].imm;
	}
	insn_set_number(i, addr);
	return 0;
}

static int link_function(const struct capture *c, struct vm_insn *i)
{
	int64_t row = (int64_t)i->imm - LSKEL_KFUNC_ID;

	if (i->off || row < 0 || row > INT16_MAX || !vm_kfunc(row))
		return refuse(c, -EOPNOTSUPP, "calls a kernel function that is unknown here");
	i->imm = row;
	return 0;
}

static int link_program(const struct capture *c)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < c->p->nr; at++) {
		struct vm_insn *i = &c->p->insns[at];

		if (i->code == OP_LD_IMM64 && at + 1 < c->p->nr) {
			r = i->src ? link_map(c, i) : 0;
			at++;
		} else if (i->code == OP_CALL && i->src == CALL_KFUNC) {
			r = link_function(c, i);
		}
	}
	return r;
}

static int relocate(const struct capture *c)
{
	const struct lskel_loader *l = c->vm->loader;
	struct span btf = { l->btf, l->btf_size }, records = { 0 };
	uint32_t nr = get32(c, RELO_CNT);
	unsigned char *bytes;
	int r;

	if (nr == 0)
		return 0;
	if (get32(c, RELO_SIZE) != RELO_RECORD_SIZE || nr > LIMIT_BPF_INSNS || !l->btf)
		return refuse(c, -EBADMSG, "has relocations of another form");
	r = vm_bytes(c->vm, get64(c, RELOS), nr * RELO_RECORD_SIZE, VM_READ, &bytes);
	if (r < 0)
		return r;
	records = (struct span){ bytes, nr * RELO_RECORD_SIZE };
	return core_relocate(c->p, btf, records, c->vm->why);
}

static int read_program(const struct capture *c)
{
	uint32_t nr = get32(c, INSN_CNT);
	unsigned char *code;
	int r;

	if (nr > LIMIT_BPF_INSNS)
		return vm_violation(c->vm, -E2BIG, "loads a program of %u instructions", nr);
	r = vm_bytes(c->vm, get64(c, INSNS), nr * INSN_SIZE, VM_READ, &code);
	return r < 0 ? r : vm_decode(c->p, (struct span){ code, nr * INSN_SIZE }, c->vm->why);
}

int lskel_capture(struct vm *vm, struct span attr)
{
	struct lskel_loader *l = vm->loader;
	autoprogram struct vm_program p = { .kind = VM_ATTACHED };
	const struct capture c = { .vm = vm, .attr = attr, .p = &p };
	int r;

	if (l->parser.insns)
		return refuse(&c, -EOPNOTSUPP, "is its second");
	if (get32(&c, PROG_TYPE) != TYPE_TRACING)
		return refuse(&c, -EOPNOTSUPP, "is not for tracing");
	r = check_license(&c);
	if (r == 0)
		r = read_program(&c);
	if (r == 0)
		r = link_program(&c);
	if (r == 0)
		r = relocate(&c);
	if (r == 0)
		r = vm_check(&p, vm->why);
	if (r < 0) {
		why_prefix(vm->why, "the program that it loads: ");
		return r;
	}
	l->anchored = (get32(&c, FLAGS) & F_SLEEPABLE) &&
		      get32(&c, EXPECTED_ATTACH) == ATTACH_FENTRY &&
		      get32(&c, ATTACH_ID) == LSKEL_ANCHOR_ID;
	l->parser = p;
	p = (struct vm_program){ 0 };
	return 0;
}
