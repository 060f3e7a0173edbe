/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of type 2, hostile in all their parts. The input: a byte that says what
 * comes, two lengths of four bytes, two pieces of so many bytes, and the image.
 *	0  a loader's instructions and its data
 *	1  a parser's instructions, and none
 *	2  a parser's instructions with relocations, and its type information; the
 *	   image is the relocations
 */
#include "bpf/vm/lskel.h"
#include "bpf/vm/vm.h"
#include "lib/cleanup.h"
#include "tests/fuzz/fuzz.h"

#define HEAD 9

/* Maps that parsers find by these indices: a ring buffer, an array, data, constants. */
static const struct world_map maps[] = {
	{ .type = WORLD_RING, .max_entries = 4096 },
	{ .type = WORLD_ARRAY, .value_size = 8, .max_entries = 4 },
	{ .type = WORLD_ARRAY, .value_size = 16, .max_entries = 1 },
	{ .type = WORLD_ARRAY, .value_size = 16, .max_entries = 1, .read_only = true },
};

static void run_parser(const struct vm_program *p, struct span image)
{
	autostage struct vm_stage stage = { .id = 7 };
	autoblob struct blob file = { 0 };
	struct why w = { 0 };
	int r;

	if (blob_copy(&file, image, "image", NULL) < 0)
		return;
	stage.image = blob_whole(&file);
	r = vm_run_attached(p, false, &stage, &w);
	PROMISE(r == 0 || (w.err == r && w.text[0]));
	PROMISE(!stage.done || stage.kernel.given);
}

static void run_loader(struct span code, struct span data, struct span image)
{
	const struct lskel skel = { .insns = code, .data = data };
	autoprogram struct vm_program p = { 0 };
	struct why w = { 0 };
	int r;

	if (code.size == 0 || data.size == 0)
		return;
	r = lskel_load(&p, &skel, NULL, &w);
	PROMISE(r == 0 || (w.err == r && w.text[0]));
	if (r < 0)
		return;
	PROMISE(p.kind == VM_ATTACHED && vm_check(&p, NULL) == 0);
	run_parser(&p, image);
}

/* As the loader's links would be resolved. */
static void link_maps(struct vm_program *p)
{
	for (size_t at = 0; at + 1 < p->nr; at++) {
		struct vm_insn *i = &p->insns[at];
		unsigned int map = i->imm & 3;
		uint64_t addr = i->src == LD_MAP ? world_map_addr(map) : world_value_addr(map, 0);

		if (i->code != OP_LD_IMM64 || !i->src)
			continue;
		insn_set_number(i, addr);
		at++;
	}
}

static void run_code(struct span code, struct span image)
{
	autoprogram struct vm_program p = { .kind = VM_ATTACHED };

	if (vm_decode(&p, code, NULL) < 0)
		return;
	p.world = world_new();
	PROMISE(p.world);
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		PROMISE(world_map_create(p.world, &maps[i]) == (int)i);
	link_maps(&p);
	if (vm_check(&p, NULL) == 0)
		run_parser(&p, image);
}

static void relocate(struct span code, struct span btf, struct span records)
{
	autoprogram struct vm_program p = { .kind = VM_ATTACHED };
	struct why w = { 0 };
	int r;

	if (vm_decode(&p, code, NULL) < 0)
		return;
	r = core_relocate(&p, btf, records, &w);
	PROMISE(r == 0 || (w.err == r && w.text[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = { data, size }, first, second, rest;
	uint32_t length[2];
	size_t used;

	if (!span_le32(all, 1, &length[0]) || !span_le32(all, 5, &length[1]) ||
	    !span_sub(&first, all, HEAD, length[0]) ||
	    !span_sub(&second, all, HEAD + (size_t)length[0], length[1]))
		return 0;
	used = HEAD + (size_t)length[0] + length[1];
	if (!span_sub(&rest, all, used, size - used))
		return 0;
	if (data[0] == 0)
		run_loader(first, second, rest);
	else if (data[0] == 1)
		run_code(first, rest);
	else
		relocate(first, second, rest);
	return 0;
}
