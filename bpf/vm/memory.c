/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program can reach: its context, the stacks of its frames, and with type 2
 * maps, records and one structure of the kernel. Only a loader may write its context.
 */
#include <errno.h>
#include <string.h>

#include "bpf/vm/machine.h"

/* Bytes from a region up to which a message takes it for the one that was meant. */
#define NEAR 65536

/* Where an access goes. */
struct place {
	unsigned char *bytes;
	bool read_only;
	struct vm_frame *frame; /* if it is a stack's: at which offset */
	size_t off;
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
		return vm_violation(
			vm, -EBADMSG, "%s %llu bytes at offset %llu of the context, which has %zu",
			verb(access), n, (unsigned long long)(addr - VM_CTX_BASE), vm->ctx_size);
	if (addr - VM_KERNEL_BASE < NEAR)
		return vm_violation(
			vm, -EBADMSG,
			"%s %llu bytes at offset %llu of struct kexec_context, which has %zu",
			verb(access), n, (unsigned long long)(addr - VM_KERNEL_BASE),
			vm->kernel.size);
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

/* True if the address is in one of the regions that every program has. */
static bool find_own(struct place *ret, struct vm *vm, uint64_t addr, uint64_t len)
{
	for (size_t d = 0; d <= vm->depth; d++)
		if (inside(stack_base(d), LIMIT_BPF_STACK, addr, len)) {
			ret->frame = &vm->frame[d];
			ret->off = addr - stack_base(d);
			ret->bytes = &ret->frame->bytes[ret->off];
			return true;
		}
	if (!inside(VM_CTX_BASE, vm->ctx_size, addr, len))
		return false;
	ret->bytes = vm->ctx + (addr - VM_CTX_BASE);
	ret->read_only = !vm->loader;
	return true;
}

static int find_place(struct place *ret, struct vm *vm, uint64_t addr, uint64_t len,
		      enum vm_access access)
{
	struct world_place there = { 0 };
	const char *bad = NULL;

	*ret = (struct place){ 0 };
	if (find_own(ret, vm, addr, len)) {
		if (access == VM_WRITE && ret->read_only)
			return vm_violation(vm, -EBADMSG,
					    "writes to its context, which is read-only");
		return 0;
	}
	if (WORLD_TAG(addr) < WORLD_VALUE || WORLD_TAG(addr) > WORLD_RECORD || !vm->program->world)
		return outside(vm, addr, len, access);
	bad = world_find(&there, vm->program->world, addr, len);
	if (bad)
		return vm_violation(vm, -EBADMSG, "%s %llu bytes %s", verb(access),
				    (unsigned long long)len, bad);
	if (access == VM_WRITE && there.read_only)
		return vm_violation(vm, -EBADMSG, "writes to a map that is read-only to programs");
	ret->bytes = there.bytes;
	return 0;
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

int vm_bytes(struct vm *vm, uint64_t addr, uint64_t len, enum vm_access access, unsigned char **ret)
{
	struct place p;
	int r = lookup(&p, vm, addr, len, access);

	/* Who has large things moved about pays for it. */
	if (r == 0)
		vm->steps += len / LIMIT_BPF_STEP_BYTES;
	*ret = r == 0 ? p.bytes : NULL;
	return r;
}

void vm_wrote(struct vm *vm, uint64_t addr, uint64_t len)
{
	struct place p = { 0 };

	if (find_own(&p, vm, addr, len) && p.frame)
		memset(&p.frame->written[p.off], true, len);
}

/* Of the kernel's structures a program may load fields, but hand nothing out. */
int vm_read(struct vm *vm, uint64_t addr, void *ret, size_t len)
{
	unsigned char *bytes;
	int r;

	if (inside(VM_KERNEL_BASE, vm->kernel.size, addr, len)) {
		memcpy(ret, vm->kernel.data + (addr - VM_KERNEL_BASE), len);
		return 0;
	}
	r = vm_bytes(vm, addr, len, VM_READ, &bytes);
	if (r == 0)
		memcpy(ret, bytes, len);
	return r;
}

int vm_write(struct vm *vm, uint64_t addr, const void *bytes, size_t len)
{
	unsigned char *to;
	int r = vm_bytes(vm, addr, len, VM_WRITE, &to);

	if (r < 0)
		return r;
	memcpy(to, bytes, len);
	vm_wrote(vm, addr, len);
	return 0;
}

int vm_aligned(struct vm *vm, uint64_t addr, size_t len)
{
	if (addr % len)
		return vm_violation(vm, -EBADMSG, "accesses %zu bytes at a misaligned address", len);
	return 0;
}
