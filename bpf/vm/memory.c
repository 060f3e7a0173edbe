/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program can reach: its context (read only) and the stacks of its frames. */
#include <errno.h>
#include <string.h>

#include "bpf/vm/machine.h"

/* Bytes from a region up to which a message takes it for the one that was meant. */
#define NEAR 65536

/* Where an access goes; exactly one of the two is not NULL. */
struct place {
	const unsigned char *ctx;
	struct vm_frame *frame;
	size_t off; /* bytes from the start of either */
};

static bool inside(uint64_t base, uint64_t size, uint64_t addr, uint64_t len)
{
	return addr >= base && range_fits(size, addr - base, len);
}

static uint64_t stack_base(size_t depth)
{
	return VM_STACK_BASE + depth * VM_STACK_STEP;
}

static const char *verb(enum vm_access access)
{
	return access == VM_READ ? "reads" : "writes";
}

/* Nowhere: says what is near, since off-by-one is what people look for. */
static int outside(struct vm *vm, uint64_t addr, uint64_t len, enum vm_access access)
{
	unsigned long long n = len;

	if (addr < 4096)
		return vm_violation(vm, -EBADMSG, "%s %llu bytes at NULL", verb(access), n);
	if (addr - VM_HANDLE_BASE < LIMIT_BPF_HANDLES * VM_HANDLE_STEP)
		return vm_violation(vm, -EBADMSG, "%s %llu bytes of a parser context, which is opaque",
				    verb(access), n);
	if (addr - VM_CTX_BASE < NEAR)
		return vm_violation(vm, -EBADMSG,
				    "%s %llu bytes at offset %llu of the context, which has %zu",
				    verb(access), n, (unsigned long long)(addr - VM_CTX_BASE),
				    vm->ctx.size);
	for (size_t d = 0; d < LIMIT_BPF_FRAMES; d++) {
		int64_t top_off = (int64_t)(addr - stack_base(d) - LIMIT_BPF_STACK);

		if (top_off < -NEAR || top_off > NEAR)
			continue;
		if (d > vm->depth)
			return vm_violation(vm, -EBADMSG,
					    "%s %llu bytes on the stack of a function that has returned",
					    verb(access), n);
		return vm_violation(vm, -EBADMSG,
				    "%s %llu bytes at offset %lld of a stack that goes from -%d to 0",
				    verb(access), n, (long long)top_off, LIMIT_BPF_STACK);
	}
	return vm_violation(vm, -EBADMSG, "%s %llu bytes outside of all memory it has",
			    verb(access), n);
}

static int find_place(struct place *ret, struct vm *vm, uint64_t addr, uint64_t len,
		      enum vm_access access)
{
	if (inside(VM_CTX_BASE, vm->ctx.size, addr, len)) {
		if (access == VM_WRITE)
			return vm_violation(vm, -EBADMSG, "writes to its context, which is read-only");
		*ret = (struct place){ .ctx = vm->ctx.data, .off = addr - VM_CTX_BASE };
		return 0;
	}
	for (size_t d = 0; d <= vm->depth; d++)
		if (inside(stack_base(d), LIMIT_BPF_STACK, addr, len)) {
			ret->ctx = NULL;
			ret->frame = &vm->frame[d];
			ret->off = addr - stack_base(d);
			return 0;
		}
	return outside(vm, addr, len, access);
}

static int check_written(struct vm *vm, const struct place *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!p->frame->written[p->off + i])
			return vm_violation(vm, -EBADMSG,
					    "reads the stack at offset %d, where nothing was written",
					    (int)(p->off + i) - LIMIT_BPF_STACK);
	return 0;
}

static int lookup(struct place *ret, struct vm *vm, uint64_t addr, uint64_t len,
		  enum vm_access access)
{
	int r = find_place(ret, vm, addr, len, access);

	if (r == 0 && access == VM_READ && ret->frame)
		r = check_written(vm, ret, len);
	return r;
}

int vm_may(struct vm *vm, uint64_t addr, uint64_t len, enum vm_access access)
{
	struct place p;

	return lookup(&p, vm, addr, len, access);
}

int vm_read(struct vm *vm, uint64_t addr, void *ret, size_t len)
{
	struct place p;
	int r = lookup(&p, vm, addr, len, VM_READ);

	if (r == 0)
		memcpy(ret, p.ctx ? &p.ctx[p.off] : &p.frame->bytes[p.off], len);
	return r;
}

int vm_write(struct vm *vm, uint64_t addr, const void *bytes, size_t len)
{
	struct place p;
	int r = lookup(&p, vm, addr, len, VM_WRITE);

	if (r < 0)
		return r;
	memcpy(&p.frame->bytes[p.off], bytes, len);
	memset(&p.frame->written[p.off], true, len);
	return 0;
}

int vm_aligned(struct vm *vm, uint64_t addr, size_t len)
{
	if (addr % len)
		return vm_violation(vm, -EBADMSG, "accesses %zu bytes at a misaligned address", len);
	return 0;
}
