/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that parser programs call: BPF_ABI.md, kfuncs. What the verifier
 * asks of their arguments is a violation here; what the kernel's functions
 * answer with an error, these answer with the same.
 */
#include <errno.h>
#include <string.h>

#include "bpf/vm/machine.h"
#include "bpf/vm/stage.h"

static bool handle_index(const struct vm *vm, uint64_t value, size_t *ret)
{
	uint64_t n = (value - VM_HANDLE_BASE) / VM_HANDLE_STEP;

	if (value < VM_HANDLE_BASE || n >= vm->nr_handles ||
	    value != VM_HANDLE_BASE + n * VM_HANDLE_STEP)
		return false;
	*ret = n;
	return true;
}

void vm_null_checked(struct vm *vm, uint64_t value)
{
	size_t n = 0;

	if (handle_index(vm, value, &n))
		vm->handle[n].checked = true;
	world_compared(vm->program->world, value);
}

int vm_check_handles(struct vm *vm)
{
	for (size_t n = 0; n < vm->nr_handles; n++)
		if (!vm->handle[n].released)
			return vm_violation(vm, -EBADMSG,
					    "ends the program without bpf_put_parser_context()");
	if (vm->program->world && world_holds_records(vm->program->world))
		return vm_violation(vm, -EBADMSG,
				    "ends the program with a ring buffer's record not given back");
	return 0;
}

/* The argument @value must be a parser context that the program holds. */
static int need_handle(struct vm *vm, uint64_t value, size_t *ret)
{
	if (!handle_index(vm, value, ret))
		return vm_violation(vm, -EBADMSG, "is given %#llx, which is no parser context",
				    (unsigned long long)value);
	if (vm->handle[*ret].released)
		return vm_violation(vm, -EBADMSG,
				    "uses a parser context after it was given back");
	if (!vm->handle[*ret].checked)
		return vm_violation(vm, -EBADMSG,
				    "uses a parser context that was not compared with NULL");
	return 0;
}

static int get_parser_context(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	bool granted = args[0] == vm->stage->id;

	stage_trace(vm->stage, "bpf_get_parser_context(%#llx): %s", (unsigned long long)args[0],
		    granted ? "granted" : "NULL");
	if (!granted) {
		*ret = 0;
		return 0;
	}
	if (vm->nr_handles == LIMIT_BPF_HANDLES)
		return vm_violation(vm, -E2BIG, "gets a parser context more than %d times",
				    LIMIT_BPF_HANDLES);
	vm->handle[vm->nr_handles] = (struct vm_handle){ 0 };
	*ret = VM_HANDLE_BASE + vm->nr_handles++ * VM_HANDLE_STEP;
	return 0;
}

static int put_parser_context(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	size_t n = 0;
	int r = need_handle(vm, args[0], &n);

	if (r < 0)
		return r;
	vm->handle[n].released = true;
	stage_trace(vm->stage, "bpf_put_parser_context()");
	*ret = 0;
	return 0;
}

static int parser_read(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	uint32_t buf = (uint32_t)args[1];
	uint64_t off = args[2], dst = args[3], len = args[4];
	unsigned char *bytes;
	int answer = 0;
	size_t n = 0;
	int r = need_handle(vm, args[0], &n);

	if (r == 0)
		r = vm_bytes(vm, dst, len, VM_WRITE, &bytes);
	if (r < 0)
		return r;
	if (buf != 0 || !range_fits(vm->stage->image.len, off, len))
		answer = -EBADMSG;
	if (answer == 0)
		r = stage_covers(vm->stage, off, len, true);
	if (r < 0)
		return why(vm->why, r, "cannot read: %s", strerror(-r));
	if (answer == 0 && r == 0)
		answer = -EPERM;
	if (answer == 0)
		r = extent_read(&vm->stage->image, off, bytes, len, vm->why);
	if (answer == 0 && r == 0)
		vm_wrote(vm, dst, len);
	stage_trace(vm->stage, "bpf_parser_read(buffer %u, offset %#llx, %llu bytes): %d", buf,
		    (unsigned long long)off, (unsigned long long)len, answer);
	*ret = vm_int(answer);
	return r;
}

static int buffer_parser(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	unsigned char *bytes;
	uint64_t len = args[1];
	size_t n = 0;
	int r = need_handle(vm, args[2], &n);

	if (r == 0)
		r = vm_bytes(vm, args[0], len, VM_READ, &bytes);
	if (r < 0)
		return r;
	/* The kernel copies the command first; here nobody changes it meanwhile. */
	*ret = vm_int(stage_command(vm->stage, (struct span){ bytes, len }));
	if (vm->stage->unknown)
		return vm_violation(vm, -EOPNOTSUPP,
				    "asks for the verdict on a signature, "
				    "which only a kernel has the keys for");
	return 0;
}

static const struct vm_function kfuncs[] = {
	{ "bpf_get_parser_context", 1, get_parser_context, 0, 0 },
	{ "bpf_put_parser_context", 1, put_parser_context, 0, 0 },
	{ "bpf_parser_read", 5, parser_read, 0, 0 },
	{ "bpf_buffer_parser", 3, buffer_parser, 0, 0 },
};

const struct vm_function *vm_kfunc(size_t i)
{
	return i < sizeof(kfuncs) / sizeof(kfuncs[0]) ? &kfuncs[i] : NULL;
}
