/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf(2) as a light skeleton's loader sees it, and the other helpers that only
 * loaders have. Offsets of attributes are those of union bpf_attr in the kernel's
 * include/uapi/linux/bpf.h; answers are the kernel's. What exists there and not here
 * ends the run with -EOPNOTSUPP: a loader that goes on without it would show nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm/lskel.h"

/* enum bpf_cmd */
enum {
	MAP_CREATE = 0,
	MAP_UPDATE_ELEM = 2,
	MAP_DELETE_ELEM = 3,
	PROG_LOAD = 5,
	RAW_TRACEPOINT_OPEN = 17,
	BTF_LOAD = 18,
	MAP_FREEZE = 22,
	LINK_CREATE = 28,
};

/* Flags of MAP_CREATE. */
#define F_RDONLY_PROG 0x080u
#define F_MMAPABLE    0x400u

int lskel_new_fd(struct lskel_loader *l, enum lskel_kind kind, size_t map)
{
	if (l->nr_fds == LIMIT_BPF_FDS)
		return -EMFILE;
	l->fd[l->nr_fds].kind = kind;
	l->fd[l->nr_fds].map = map;
	return LSKEL_FIRST_FD + l->nr_fds++;
}

static enum lskel_kind kind_of(const struct lskel_loader *l, int32_t fd)
{
	int64_t row = (int64_t)fd - LSKEL_FIRST_FD;

	return row >= 0 && (uint64_t)row < l->nr_fds ? l->fd[row].kind : LSKEL_CLOSED;
}

int lskel_map_of(const struct lskel_loader *l, int32_t fd)
{
	return kind_of(l, fd) == LSKEL_MAP ? (int)l->fd[fd - LSKEL_FIRST_FD].map : -1;
}

/* Attributes that were not handed over are 0. */
static uint32_t attr32(struct span attr, size_t at)
{
	uint32_t value = 0;

	span_le32(attr, at, &value);
	return value;
}

static uint64_t attr64(struct span attr, size_t at)
{
	uint64_t value = 0;

	span_le64(attr, at, &value);
	return value;
}

static int bad_sizes(uint32_t type, uint32_t key_size, uint32_t flags)
{
	if (key_size != (type == WORLD_ARRAY ? 4 : 0))
		return -EINVAL;
	return type == WORLD_RING && flags ? -EINVAL : 0;
}

static int map_create(struct vm *vm, struct span attr, int *answer)
{
	uint32_t type = attr32(attr, 0), flags = attr32(attr, 16);
	struct world_map m = {
		.type = type,
		.value_size = attr32(attr, 8),
		.max_entries = attr32(attr, 12),
		.read_only = flags & F_RDONLY_PROG,
	};
	struct lskel_loader *l = vm->loader;
	int r;

	if (type != WORLD_ARRAY && type != WORLD_RING)
		return vm_violation(vm, -EOPNOTSUPP,
				    "makes a map of type %u, which is unknown here", type);
	if (flags & ~(F_RDONLY_PROG | F_MMAPABLE))
		return vm_violation(vm, -EOPNOTSUPP, "makes a map with flags %#x, unknown here",
				    flags);
	span_name(m.name, attr, 28, sizeof(m.name) - 1); /* for messages */
	r = bad_sizes(type, attr32(attr, 4), flags);
	if (r == 0)
		r = world_map_create(l->world, &m);
	if (r == -EOPNOTSUPP)
		return vm_violation(vm, r, "makes more maps or larger ones than are possible here");
	*answer = r < 0 ? r : lskel_new_fd(l, LSKEL_MAP, r);
	stage_trace(vm->stage, "bpf(MAP_CREATE, %s %s, %u of %u bytes): %d",
		    type == WORLD_ARRAY ? "array" : "ring buffer", m.name, m.max_entries,
		    m.value_size, *answer);
	return 0;
}

static int map_update(struct vm *vm, struct span attr, int *answer)
{
	int index = lskel_map_of(vm->loader, attr32(attr, 0));
	struct world_map *m = index < 0 ? NULL : &vm->loader->world->map[index];
	unsigned char key[4], *value;
	uint32_t element = 0;
	int r;

	if (!m || m->type != WORLD_ARRAY) {
		*answer = m ? -EOPNOTSUPP : -EBADF;
		return 0;
	}
	r = vm_read(vm, attr64(attr, 8), key, sizeof(key));
	if (r == 0)
		r = vm_bytes(vm, attr64(attr, 16), m->value_size, VM_READ, &value);
	if (r < 0)
		return r;
	span_le32((struct span){ key, sizeof(key) }, 0, &element);
	*answer = m->frozen ? -EPERM : world_update(m, element, value, attr64(attr, 24));
	stage_trace(vm->stage, "bpf(MAP_UPDATE_ELEM, %s[%u]): %d", m->name, element, *answer);
	return 0;
}

static int map_freeze(struct vm *vm, struct span attr, int *answer)
{
	int index = lskel_map_of(vm->loader, attr32(attr, 0));

	*answer = index < 0 ? -EBADF : 0;
	if (index >= 0 && vm->loader->world->map[index].frozen)
		*answer = -EBUSY;
	else if (index >= 0)
		vm->loader->world->map[index].frozen = true;
	return 0;
}

static int btf_load(struct vm *vm, struct span attr, int *answer)
{
	struct lskel_loader *l = vm->loader;
	uint32_t size = attr32(attr, 16);
	unsigned char *bytes;
	int r;

	if (l->btf)
		return vm_violation(vm, -EOPNOTSUPP, "loads type information a second time");
	if (size == 0 || size > LIMIT_BPF_BTF)
		return vm_violation(vm, -E2BIG, "loads %u bytes of type information", size);
	r = vm_bytes(vm, attr64(attr, 0), size, VM_READ, &bytes);
	if (r < 0)
		return r;
	l->btf = malloc(size);
	if (!l->btf)
		return why(vm->why, -ENOMEM, "out of memory");
	memcpy(l->btf, bytes, size);
	l->btf_size = size;
	*answer = lskel_new_fd(l, LSKEL_BTF, 0);
	stage_trace(vm->stage, "bpf(BTF_LOAD, %u bytes): %d", size, *answer);
	return 0;
}

static int prog_load(struct vm *vm, struct span attr, int *answer)
{
	int r;

	if (kind_of(vm->loader, attr32(attr, 72)) != LSKEL_BTF && attr32(attr, 72)) {
		*answer = -EBADF;
		return 0;
	}
	r = lskel_capture(vm, attr);
	if (r < 0)
		return r;
	*answer = lskel_new_fd(vm->loader, LSKEL_PROGRAM, 0);
	stage_trace(vm->stage, "bpf(PROG_LOAD, %zu instructions): %d", vm->loader->parser.nr,
		    *answer);
	return 0;
}

static int do_command(struct vm *vm, int32_t cmd, struct span attr, int *answer)
{
	switch (cmd) {
	case MAP_CREATE:
		return map_create(vm, attr, answer);
	case MAP_UPDATE_ELEM:
		return map_update(vm, attr, answer);
	case MAP_DELETE_ELEM:
		*answer = -EINVAL; /* arrays keep what they have, rings have nothing */
		return 0;
	case MAP_FREEZE:
		return map_freeze(vm, attr, answer);
	case BTF_LOAD:
		return btf_load(vm, attr, answer);
	case PROG_LOAD:
		return prog_load(vm, attr, answer);
	case LINK_CREATE:
	case RAW_TRACEPOINT_OPEN:
		return vm_violation(vm, -EOPNOTSUPP,
				    "attaches its program, which is for the kernel to do");
	default:
		return vm_violation(vm, -EOPNOTSUPP, "calls bpf(%d), which is unknown here", cmd);
	}
}

int lskel_sys_bpf(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	unsigned char copy[LIMIT_BPF_ATTR];
	unsigned char *bytes;
	uint64_t size = args[2];
	int answer = 0, r;

	if (size > sizeof(copy))
		return vm_violation(vm, -E2BIG, "calls bpf() with %llu bytes of attributes",
				    (unsigned long long)size);
	r = vm_bytes(vm, args[1], size, VM_READ, &bytes);
	if (r < 0)
		return r;
	/* A command may write where its attributes are. */
	memcpy(copy, bytes, size);
	r = do_command(vm, (int32_t)args[0], (struct span){ copy, size }, &answer);
	*ret = vm_long(answer);
	return r;
}

int lskel_close(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	int32_t fd = (int32_t)args[0];

	if (kind_of(vm->loader, fd) == LSKEL_CLOSED)
		return vm_violation(vm, -EBADMSG, "closes descriptor %d, which is not its own", fd);
	vm->loader->fd[fd - LSKEL_FIRST_FD].kind = LSKEL_CLOSED;
	*ret = 0;
	return 0;
}

/* The identifier of what is called @name; 0: it is not known here. */
static uint32_t find_id(const char *name)
{
	if (strcmp(name, "kexec_image_parser_anchor") == 0)
		return LSKEL_ANCHOR_ID;
	for (size_t i = 0; vm_kfunc(i); i++)
		if (strcmp(name, vm_kfunc(i)->name) == 0)
			return LSKEL_KFUNC_ID + i;
	return 0;
}

/* A name as helpers take it, with its NUL. @answer: negative if it is none. */
static int read_name(struct vm *vm, uint64_t addr, uint64_t size, char *name, size_t room,
		     int *answer)
{
	unsigned char *bytes;
	int r = vm_bytes(vm, addr, size, VM_READ, &bytes);

	if (r < 0)
		return r;
	*answer = 0;
	if (size <= 1 || bytes[size - 1])
		*answer = -EINVAL;
	else
		span_name(name, (struct span){ bytes, size }, 0, size < room ? size : room - 1);
	return 0;
}

int lskel_btf_find(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	enum { KIND_FUNC = 12 };
	char name[128] = "";
	int answer, r = read_name(vm, args[0], args[1], name, sizeof(name), &answer);
	uint32_t id;

	if (r < 0)
		return r;
	id = find_id(name);
	if (answer < 0 || args[3]) {
		*ret = vm_long(-EINVAL);
		return 0;
	}
	if (!id || (uint32_t)args[2] != KIND_FUNC)
		return vm_violation(vm, -EOPNOTSUPP,
				    "looks for '%s' in the kernel, which is unknown here", name);
	/* The upper half would be a module's descriptor: it is the kernel's own. */
	*ret = id;
	stage_trace(vm->stage, "bpf_btf_find_by_name_kind(\"%s\"): %#x", name, id);
	return 0;
}

int lskel_kallsyms(struct vm *vm, const uint64_t *args, uint64_t *ret)
{
	char name[128] = "";
	int answer, r = read_name(vm, args[0], args[1], name, sizeof(name), &answer);

	(void)ret;
	if (r < 0)
		return r;
	return vm_violation(vm, -EOPNOTSUPP,
			    "wants the address of '%s', which is another in every kernel", name);
}
