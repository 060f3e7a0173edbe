/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm/kernel-types.h"
#include "bpf/vm/lskel.h"
#include "lib/cleanup.h"

/* struct bpf_loader_ctx, then for each map and program what the skeleton puts there. */
#define CTX_SLOTS   32 /* as many as the kernel offers */
#define CTX_SLOT(i) (24 + 16 * (i))
#define CTX_SIZE    CTX_SLOT(CTX_SLOTS)
#define CTX_FLAGS   4
#define IN_KERNEL   1

int lskel_find(struct lskel *ret, const struct elf *elf, struct why *w)
{
	struct lskel s;
	int r = elf_symbol(&s.data, elf, "opts_data", w);

	if (r > 0)
		r = elf_symbol(&s.insns, elf, "opts_insn", w);
	if (r <= 0)
		return r;
	/* They are string literals: the last NUL does not count. */
	s.data.size--;
	s.insns.size--;
	if (s.data.size == 0 || s.insns.size == 0)
		return why(w, -ENOEXEC, "its light skeleton is empty");
	*ret = s;
	return 1;
}

/* A machine for @p; what it sees beside its context is up to the caller. NULL: out of memory. */
static struct vm *new_vm(const struct vm_program *p, void *ctx, size_t size,
			 struct vm_stage *stage, struct why *w)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm) {
		why(w, -ENOMEM, "out of memory");
		return NULL;
	}
	vm->program = p;
	vm->stage = stage;
	vm->ctx = ctx;
	vm->ctx_size = size;
	vm->why = w;
	return vm;
}

/* The only map that a loader has: its data. */
static int make_data(struct vm_world *world, struct span data, struct why *w)
{
	struct world_map m = {
		.type = WORLD_ARRAY, .name = "loader", .value_size = data.size, .max_entries = 1
	};
	int r = world_map_create(world, &m);

	if (r < 0)
		return why(w, r, "its data of %zu bytes cannot be held", data.size);
	world->map[r].looked_at[0] = COMPARED;
	return world_update(&world->map[r], 0, data.data, 0);
}

/* ld_imm64 with an index of 0 is the loader's data: what else there may be, it has not. */
static int link_data(struct vm_program *p, size_t size, struct why *w)
{
	for (size_t at = 0; at + 1 < p->nr; at++) {
		struct vm_insn *i = &p->insns[at];

		if (i->code != OP_LD_IMM64)
			continue;
		at++;
		if (i->src == LD_NUMBER)
			continue;
		if (i->src != LD_MAP_VALUE || i->imm || (uint32_t)i[1].imm >= size)
			return why(w, -EBADMSG, "insn %zu of its loader uses a map that it has not",
				   at - 1);
		insn_set_number(i, world_value_addr(0, 0) + (uint32_t)i[1].imm);
	}
	return 0;
}

/* Maps come first, then the one program: the kernel takes what stands there. */
static int find_parser(const struct lskel_loader *l, struct span ctx, struct why *w)
{
	for (size_t i = 0; i < CTX_SLOTS; i++) {
		uint32_t fd = 0;
		size_t row;

		span_le32(ctx, CTX_SLOT(i), &fd);
		row = fd - LSKEL_FIRST_FD;
		if ((int32_t)fd <= 0)
			break;
		if (row >= l->nr_fds || l->fd[row].kind != LSKEL_PROGRAM)
			continue;
		if (!l->anchored)
			return why(w, -ENOEXEC,
				   "its program is not a sleepable one for fentry on the anchor");
		return 0;
	}
	return why(w, -ENOEXEC, "its loader has loaded no program");
}

static int run_loader(struct lskel_loader *l, const struct vm_program *p, struct vm_stage *stage,
		      struct why *w)
{
	static const uint64_t args[] = { VM_CTX_BASE };
	unsigned char ctx[CTX_SIZE] = {
		[0] = CTX_SIZE & 0xff, [1] = CTX_SIZE >> 8, [CTX_FLAGS] = IN_KERNEL
	};
	autofree struct vm *vm = new_vm(p, ctx, sizeof(ctx), stage, w);
	uint64_t ret = 0;
	int r;

	if (!vm)
		return -ENOMEM;
	vm->loader = l;
	r = vm_execute(vm, args, ARRAY_SIZE(args), &ret);
	if (r < 0)
		return r;
	stage_trace(stage, "loader returned %d", (int32_t)ret);
	if ((int32_t)ret)
		return why(w, -ENOEXEC, "its loader returns %d", (int32_t)ret);
	return find_parser(l, (struct span){ ctx, sizeof(ctx) }, w);
}

/* @p: the loader, of which all but its world is ours to free. */
static int load(struct vm_program *ret, struct vm_program *p, const struct lskel *skel,
		const struct vm_trace *trace, struct why *w)
{
	struct lskel_loader l = { .world = p->world };
	struct vm_stage stage = { .trace = trace };
	int r = make_data(p->world, skel->data, w);

	if (r == 0)
		r = vm_decode(p, skel->insns, w);
	if (r == 0)
		r = link_data(p, skel->data.size, w);
	if (r == 0)
		r = vm_check(p, w);
	if (r == 0)
		r = run_loader(&l, p, &stage, w);
	free(l.btf);
	if (r < 0) {
		vm_program_done(&l.parser);
		return r;
	}
	*ret = l.parser;
	ret->world = p->world;
	p->world = NULL;
	return 0;
}

int lskel_load(struct vm_program *ret, const struct lskel *skel, const struct vm_trace *trace,
	       struct why *w)
{
	autoprogram struct vm_program loader = { .kind = VM_LOADER, .world = world_new() };
	int r;

	if (!loader.world)
		return why(w, -ENOMEM, "out of memory");
	r = load(ret, &loader, skel, trace, w);
	if (r < 0)
		why_prefix(w, "light skeleton: ");
	return r;
}

int vm_run_attached(const struct vm_program *p, bool crash, struct vm_stage *stage, struct why *w)
{
	static const uint64_t args[] = { VM_CTX_BASE };
	const struct vm_kexec_context kernel = {
		.kdump = crash,
		.parsing_buf = { htole64(VM_IMAGE_BASE) },
		.parsing_buf_sz = { htole64(stage->image.len) },
	};
	/* What the anchor is called with. */
	uint64_t ctx[] = { htole64(VM_KERNEL_BASE), htole64(stage->id) };
	autofree struct vm *vm = new_vm(p, ctx, sizeof(ctx), stage, w);
	uint64_t ret = 0;
	int r;

	if (!vm)
		return -ENOMEM;
	vm->kernel = (struct span){ (const unsigned char *)&kernel, sizeof(kernel) };
	r = vm_execute(vm, args, ARRAY_SIZE(args), &ret);
	if (r == 0 && ret)
		return why(w, -EBADMSG, "it returns %#llx, and a program for fentry must return 0",
			   (unsigned long long)ret);
	return r;
}
