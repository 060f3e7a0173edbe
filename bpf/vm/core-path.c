/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm/core-path.h"
#include "lib/limits.h"

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>

/* A place on the way: offset in bytes from the start, and the type there. */
struct place {
	uint64_t off;
	uint32_t type;
};

/* The type itself, without names and qualifiers for it; NULL: there is none. */
static const struct btf_type *bare_type(const struct btf *btf, uint32_t *id)
{
	for (int depth = 0; depth < LIMIT_BPF_TYPE_DEPTH; depth++) {
		const struct btf_type *t = btf__type_by_id(btf, *id);

		if (!t || (!btf_is_mod(t) && !btf_is_typedef(t)))
			return t;
		*id = t->type;
	}
	return NULL;
}

static const char *name_at(const struct btf *btf, uint32_t off)
{
	const char *name = btf__name_by_offset(btf, off);

	return name ? name : "";
}

/* What comes after three underscores is the program's own business ("flavour"). */
static void essential_name(char *ret, size_t size, const char *name)
{
	const char *cut = name + strlen(name), *at;

	/* Something must be in front of them; the last ones count. */
	for (at = *name ? strstr(name + 1, "___") : NULL; at; at = strstr(at + 1, "___"))
		cut = at;
	snprintf(ret, size, "%.*s", (int)(cut - name), name);
}

/* The next number of "0:1:2"; false: there is none. */
static bool next_index(const char **path, uint32_t *ret)
{
	char *end;
	unsigned long n;

	if (**path < '0' || **path > '9')
		return false;
	n = strtoul(*path, &end, 10);
	if (n > INT32_MAX || (*end && *end != ':') || (*end == ':' && !end[1]))
		return false;
	*path = *end ? end + 1 : end;
	*ret = n;
	return true;
}

static int enter_element(const struct btf *btf, struct place *p, const struct btf_type *t,
			 uint32_t index)
{
	const struct btf_array *a = btf_array(t);
	int64_t size = btf__resolve_size(btf, a->type);

	if (size < 0 || index >= a->nelems)
		return -EBADMSG;
	p->off += (uint64_t)size * index;
	p->type = a->type;
	return 0;
}

static int enter_member(struct place *p, const struct btf_type *t, uint32_t index)
{
	uint32_t bits = btf_member_bit_offset(t, index);

	if (btf_member_bitfield_size(t, index) || bits % 8)
		return -EOPNOTSUPP;
	p->off += bits / 8;
	p->type = btf_members(t)[index].type;
	return 0;
}

/* One step by its number, in the program's types; what it is called is noted. */
static int step_own(struct core_path *path, const struct btf *btf, struct place *p, uint32_t index)
{
	const struct btf_type *t = bare_type(btf, &p->type);
	struct core_step *step = &path->step[path->nr];

	if (!t || path->nr == CORE_PATH_STEPS)
		return -EBADMSG;
	if (btf_is_array(t)) {
		*step = (struct core_step){ .index = index };
		path->nr++;
		return enter_element(btf, p, t, index);
	}
	if (!btf_is_composite(t) || index >= btf_vlen(t))
		return -EBADMSG;
	step->name = name_at(btf, btf_members(t)[index].name_off);
	/* What has no name is no step: its members are looked for one level further out. */
	if (step->name[0])
		path->nr++;
	return enter_member(p, t, index);
}

/* The same by its name, in the kernel's. */
static int step_kernel(const struct core_step *step, const struct btf *btf, struct place *p)
{
	const struct btf_type *t = bare_type(btf, &p->type);
	int r;

	if (!t)
		return -ENOENT;
	if (!step->name) {
		r = btf_is_array(t) ? enter_element(btf, p, t, step->index) : -ENOENT;
		return r < 0 ? -ENOENT : 0;
	}
	for (uint32_t i = 0; btf_is_composite(t) && i < btf_vlen(t); i++)
		if (strcmp(name_at(btf, btf_members(t)[i].name_off), step->name) == 0)
			return enter_member(p, t, i);
	return -ENOENT;
}

static int finish(struct core_field *ret, const struct btf *btf, struct place *p)
{
	int64_t size = btf__resolve_size(btf, p->type);
	const struct btf_type *t = bare_type(btf, &p->type);

	if (!t || size < 0 || size > INT32_MAX || p->off > INT32_MAX)
		return -EBADMSG;
	*ret = (struct core_field){
		.off = p->off,
		.size = size,
		.is_signed = btf_is_int(t) && (btf_int_encoding(t) & BTF_INT_SIGNED),
	};
	return 0;
}

/* The struct that a path starts in, and which of an array of them. */
static int start(struct place *p, const struct btf *btf, uint32_t index)
{
	int64_t size = btf__resolve_size(btf, p->type);

	if (size < 0)
		return -EBADMSG;
	p->off = (uint64_t)size * index;
	return 0;
}

int core_path_read(struct core_path *ret, struct core_field *ret_own, const struct btf *own,
		   uint32_t type, uint32_t path)
{
	const char *text = name_at(own, path);
	struct place p = { .type = type };
	const struct btf_type *t = bare_type(own, &p.type);
	uint32_t index;
	int r;

	if (!t || !btf_is_composite(t) || !next_index(&text, &ret->index))
		return -EBADMSG;
	essential_name(ret->root, sizeof(ret->root), name_at(own, t->name_off));
	r = start(&p, own, ret->index);
	while (r == 0 && *text)
		r = next_index(&text, &index) ? step_own(ret, own, &p, index) : -EBADMSG;
	return r == 0 ? finish(ret_own, own, &p) : r;
}

int core_path_find(struct core_field *ret, const struct btf *kernel, const struct core_path *path)
{
	int32_t id = btf__find_by_name_kind(kernel, path->root, BTF_KIND_STRUCT);
	struct place p = { .type = id > 0 ? id : 0 };
	int r = id > 0 ? start(&p, kernel, path->index) : -EOPNOTSUPP;

	for (size_t i = 0; r == 0 && i < path->nr; i++)
		r = step_kernel(&path->step[i], kernel, &p);
	return r == 0 ? finish(ret, kernel, &p) : r;
}

/* The kernel's type of the same name and kind as the program's; 0: not known here. */
static uint32_t same_type(const struct btf *own, const struct btf *kernel, const struct btf_type *t)
{
	char name[128];
	int32_t id;

	essential_name(name, sizeof(name), name_at(own, t->name_off));
	if (!name[0] || (!btf_is_composite(t) && !btf_is_enum(t)))
		return 0;
	id = btf__find_by_name_kind(kernel, name, btf_kind(t));
	return id > 0 ? id : 0;
}

int core_type_size(uint64_t *ret_own, uint64_t *ret_kernel, const struct btf *own,
		   const struct btf *kernel, uint32_t type)
{
	const struct btf_type *t = bare_type(own, &type);
	uint32_t there = t ? same_type(own, kernel, t) : 0;

	if (!t)
		return -EBADMSG;
	if (!there)
		return -EOPNOTSUPP;
	*ret_own = t->size;
	*ret_kernel = btf__type_by_id(kernel, there)->size;
	return 0;
}

static int32_t find_enumerator(const struct btf *btf, const struct btf_type *t, const char *want,
			       uint64_t *ret)
{
	const struct btf_enum *e = btf_enum(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (strcmp(name_at(btf, e[i].name_off), want) == 0) {
			*ret = (uint64_t)(int64_t)e[i].val;
			return 0;
		}
	return -ENOENT;
}

int core_enum_value(uint64_t *ret_own, uint64_t *ret_kernel, const struct btf *own,
		    const struct btf *kernel, uint32_t type, uint32_t path)
{
	const struct btf_type *t = bare_type(own, &type);
	const char *text = name_at(own, path);
	uint32_t there, index;
	char name[128];

	if (!t || !btf_is_enum(t) || !next_index(&text, &index) || *text || index >= btf_vlen(t))
		return -EBADMSG;
	there = same_type(own, kernel, t);
	if (!there)
		return -EOPNOTSUPP;
	*ret_own = (uint64_t)(int64_t)btf_enum(t)[index].val;
	essential_name(name, sizeof(name), name_at(own, btf_enum(t)[index].name_off));
	return find_enumerator(kernel, btf__type_by_id(kernel, there), name, ret_kernel);
}
#endif
