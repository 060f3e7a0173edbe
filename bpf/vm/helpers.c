/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The helper functions that programs of type 2 call, by their numbers in the
 * kernel's include/uapi/linux/bpf.h. As with the host's functions: what the verifier
 * asks of arguments is a violation, what the kernel answers with an error is
 * answered with the same. What a kernel would tell of itself cannot be known here.
 */
#include <errno.h>
#include <string.h>

#include "bpf/vm/lskel.h"
#include "bpf/vm/machine.h"
#include "lib/cleanup.h"

#define PARSER (1u << VM_ATTACHED)
#define LOADER (1u << VM_LOADER)
#define BOTH   (PARSER | LOADER)

/* The argument @addr must be a map of that type. */
static int need_map(struct vm *vm, uint64_t addr, enum world_map_type type, struct world_map **ret)
{
	*ret = world_map_at(vm->program->world, addr);
	if (*ret && (*ret)->type == type)
		return 0;
	return vm_violation(vm, -EBADMSG, "is given %#llx, which is no %s",
			    (unsigned long long)addr,
			    type == WORLD_ARRAY ? "array" : "ring buffer");
}

static int read_key(struct vm *vm, uint64_t addr, uint32_t *ret)
{
	unsigned char raw[4];
	int r = vm_read(vm, addr, raw, sizeof(raw));

	if (r == 0)
		span_le32((struct span){ raw, sizeof(raw) }, 0, ret);
	return r;
}

static int map_lookup(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	struct vm_world *world = vm->program->world;
	struct world_map *m;
	uint32_t key = 0;
	int r = need_map(vm, args[0], WORLD_ARRAY, &m);

	if (r == 0)
		r = read_key(vm, args[1], &key);
	if (r < 0 || key >= m->max_entries)
		return r;
	if (m->looked_at[key] == NOT_LOOKED_UP)
		m->looked_at[key] = NOT_COMPARED;
	*ret = world_value_addr(m - world->map, key);
	return 0;
}

static int map_update(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	unsigned char *value;
	struct world_map *m;
	uint32_t key = 0;
	int r = need_map(vm, args[0], WORLD_ARRAY, &m);

	if (r == 0)
		r = read_key(vm, args[1], &key);
	if (r == 0)
		r = vm_bytes(vm, args[2], m->value_size, VM_READ, &value);
	if (r == 0 && m->read_only)
		r = vm_violation(vm, -EBADMSG, "writes to a map that is read-only to programs");
	if (r == 0)
		*ret = vm_long(world_update(m, key, value, args[3]));
	return r;
}

/* Of an array nothing can be taken away. */
static int map_delete(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	struct world_map *m;
	uint32_t key = 0;
	int r = need_map(vm, args[0], WORLD_ARRAY, &m);

	*ret = vm_long(-EINVAL);
	return r == 0 ? read_key(vm, args[1], &key) : r;
}

/*
 * Kernel memory that the program was told of: the image, the kernel's structure. Where
 * else it may read is a matter of the machine: nothing that can be repeated here.
 */
static int read_kernel(struct vm *vm, uint64_t from, unsigned char *to, uint64_t len)
{
	const struct extent *image = &vm->stage->image;
	unsigned char *own;
	int r;

	if (from >= VM_IMAGE_BASE && range_fits(image->len, from - VM_IMAGE_BASE, len))
		return extent_read(image, from - VM_IMAGE_BASE, to, len, vm->why);
	if (from >= VM_KERNEL_BASE && from - VM_KERNEL_BASE <= vm->kernel.size) {
		if (span_get(to, vm->kernel, from - VM_KERNEL_BASE, len))
			return 0;
	} else if (from - VM_IMAGE_BASE > UINT32_MAX) {
		/* Its own memory is the kernel's, too. */
		r = vm_bytes(vm, from, len, VM_READ, &own);
		if (r == 0)
			memmove(to, own, len);
		return r;
	}
	return vm_violation(vm, -EBADMSG, "reads %llu bytes of kernel memory behind the %s",
			    (unsigned long long)len, from >= VM_IMAGE_BASE ? "image" : "context");
}

/* A loader reads nothing of interest. */
static void trace_read(const struct vm *vm, uint64_t from, uint64_t len, int answer)
{
	bool image = from >= VM_IMAGE_BASE && from - VM_IMAGE_BASE <= vm->stage->image.len;

	if (!vm->loader)
		stage_trace(vm->stage, "bpf_probe_read_kernel(%s%#llx, %llu bytes): %d",
			    image ? "image + " : "",
			    (unsigned long long)(image ? from - VM_IMAGE_BASE : from),
			    (unsigned long long)len, answer);
}

static int probe_read(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	uint64_t dst = args[0], len = args[1], from = args[2];
	unsigned char *bytes;
	int r = vm_bytes(vm, dst, len, VM_WRITE, &bytes);

	if (r < 0)
		return r;
	if (from < 4096) {
		/* What no kernel has for its own. */
		memset(bytes, 0, len);
		*ret = vm_long(-ERANGE);
	} else if (len > 0) {
		r = read_kernel(vm, from, bytes, len);
	}
	if (r < 0)
		return r;
	vm_wrote(vm, dst, len);
	trace_read(vm, from, len, (int)*ret);
	return 0;
}

/* There is no user who has memory. */
static int copy_from_user(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	unsigned char *bytes;
	int r = vm_bytes(vm, args[0], args[1], VM_WRITE, &bytes);

	if (r < 0)
		return r;
	memset(bytes, 0, args[1]);
	vm_wrote(vm, args[0], args[1]);
	*ret = vm_long(args[1] ? -EFAULT : 0);
	return 0;
}

/* For whoever reads the kernel's trace; what stands behind the format is not looked at. */
static int trace_printk(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	char text[128] = "";
	unsigned char *format;
	int r = vm_bytes(vm, args[0], args[1], VM_READ, &format);

	if (r < 0)
		return r;
	if (args[1] == 0 || format[args[1] - 1] != '\0') {
		*ret = vm_long(-EINVAL);
		return 0;
	}
	span_name(text, (struct span){ format, args[1] }, 0,
		  args[1] < sizeof(text) ? args[1] : sizeof(text) - 1);
	stage_trace(vm->stage, "bpf_trace_printk(\"%s\")", text);
	/* The length of what was printed. */
	*ret = strlen((const char *)format);
	return memchr(format, '%', args[1]) ? 1 : 0;
}

/* The same with more arguments, in memory. */
static int trace_vprintk(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	enum { MOST = 12 * 8 };
	unsigned char *values;
	int r = args[3] ? vm_bytes(vm, args[2], args[3], VM_READ, &values) : 0;

	if (r < 0)
		return r;
	r = trace_printk(vm, args, ret);
	if (r >= 0 && (args[3] % 8 || args[3] > MOST)) {
		*ret = vm_long(-EINVAL);
		return 0;
	}
	return r;
}

static int ring_reserve(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	struct world_map *ring;
	int r = need_map(vm, args[0], WORLD_RING, &ring);

	if (r < 0 || args[2]) /* flags there are none */
		return r;
	r = world_reserve(vm->program->world, ring, args[1], ret);
	stage_trace(vm->stage, "bpf_ringbuf_reserve(%s, %llu bytes): %s", ring->name,
		    (unsigned long long)args[1], *ret ? "a record" : "NULL");
	if (r == -E2BIG)
		return vm_violation(vm, r, "holds more records at once than are possible here");
	return r < 0 ? why(vm->why, r, "out of memory") : 0;
}

/* To submit and to discard is the same where nobody reads. */
static int ring_end(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	struct world_record *record = world_record_at(vm->program->world, args[0]);

	if (!record)
		return vm_violation(vm, -EBADMSG,
				    "is given %#llx, which is no record that it holds",
				    (unsigned long long)args[0]);
	if (!record->compared)
		return vm_violation(vm, -EBADMSG,
				    "gives back a record that was not compared with NULL");
	world_record_end(vm->program->world, record);
	*ret = 0;
	return 0;
}

static int ring_output(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	enum { NO_WAKEUP = 1, FORCE_WAKEUP = 2 };
	unsigned char *bytes;
	struct world_map *ring;
	uint64_t addr = 0;
	int r = need_map(vm, args[0], WORLD_RING, &ring);

	if (r == 0)
		r = vm_bytes(vm, args[1], args[2], VM_READ, &bytes);
	if (r < 0)
		return r;
	if (args[3] & ~(uint64_t)(NO_WAKEUP | FORCE_WAKEUP)) {
		*ret = vm_long(-EINVAL);
		return 0;
	}
	r = world_reserve(vm->program->world, ring, args[2], &addr);
	if (r < 0)
		return vm_violation(vm, r, "cannot write a record here");
	if (addr)
		world_record_end(vm->program->world,
				 world_record_at(vm->program->world, addr));
	*ret = vm_long(addr ? 0 : -EAGAIN);
	return 0;
}

static int ring_query(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	enum { AVAIL_DATA, RING_SIZE, CONS_POS, PROD_POS };
	struct world_map *ring;
	int r = need_map(vm, args[0], WORLD_RING, &ring);

	if (r < 0)
		return r;
	if (args[1] == AVAIL_DATA || args[1] == PROD_POS)
		*ret = ring->produced;
	else
		*ret = args[1] == RING_SIZE ? ring->max_entries : 0;
	return 0;
}

static const struct vm_function helpers[] = {
	{ "bpf_map_lookup_elem", 2, map_lookup, 1, PARSER },
	{ "bpf_map_update_elem", 4, map_update, 2, PARSER },
	{ "bpf_map_delete_elem", 2, map_delete, 3, PARSER },
	{ "bpf_trace_printk", 2, trace_printk, 6, PARSER },
	{ "bpf_probe_read_kernel", 3, probe_read, 113, BOTH },
	{ "bpf_ringbuf_output", 4, ring_output, 130, PARSER },
	{ "bpf_ringbuf_reserve", 3, ring_reserve, 131, PARSER },
	{ "bpf_ringbuf_submit", 2, ring_end, 132, PARSER },
	{ "bpf_ringbuf_discard", 2, ring_end, 133, PARSER },
	{ "bpf_ringbuf_query", 2, ring_query, 134, PARSER },
	{ "bpf_copy_from_user", 3, copy_from_user, 148, BOTH },
	{ "bpf_trace_vprintk", 4, trace_vprintk, 177, PARSER },
	{ "bpf_kallsyms_lookup_name", 4, lskel_kallsyms, 159, LOADER },
	{ "bpf_sys_bpf", 3, lskel_sys_bpf, 166, LOADER },
	{ "bpf_btf_find_by_name_kind", 4, lskel_btf_find, 167, LOADER },
	{ "bpf_sys_close", 1, lskel_close, 168, LOADER },
};

const struct vm_function *vm_helper(enum vm_kind kind, int32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (helpers[i].helper == number && (helpers[i].of & 1u << kind))
			return &helpers[i];
	return NULL;
}
