/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm/world.h"
#include "lib/span.h"

#define PAGE 4096

struct vm_world *world_new(void)
{
	return calloc(1, sizeof(struct vm_world));
}

void world_free(struct vm_world *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->nr_maps; i++) {
		free(w->map[i].values);
		free(w->map[i].looked_at);
	}
	for (size_t i = 0; i < LIMIT_BPF_RECORDS; i++)
		free(w->record[i].bytes);
	free(w);
}

/* Elements start at multiples of 8, as in the kernel. */
static size_t element_step(const struct world_map *m)
{
	return ((size_t)m->value_size + 7) / 8 * 8;
}

static int create_array(struct vm_world *w, struct world_map *m)
{
	if (m->value_size == 0 || m->max_entries == 0)
		return -EINVAL;
	if (m->value_size > LIMIT_BPF_ARRAY || m->max_entries > LIMIT_BPF_ELEMENTS ||
	    element_step(m) * m->max_entries > LIMIT_BPF_ARRAY - w->array_bytes)
		return -EOPNOTSUPP;
	m->values = calloc(m->max_entries, element_step(m));
	m->looked_at = calloc(m->max_entries, 1);
	if (m->values && m->looked_at) {
		w->array_bytes += element_step(m) * m->max_entries;
		return 0;
	}
	free(m->values);
	free(m->looked_at);
	return -ENOMEM;
}

static int create_ring(const struct world_map *m)
{
	uint32_t size = m->max_entries;

	if (m->value_size || m->read_only || size < PAGE || (size & (size - 1)))
		return -EINVAL;
	return size > LIMIT_BPF_RING ? -EOPNOTSUPP : 0;
}

int world_map_create(struct vm_world *w, const struct world_map *wish)
{
	struct world_map m = *wish;
	int r;

	if (w->nr_maps == LIMIT_BPF_MAPS)
		return -EOPNOTSUPP;
	r = m.type == WORLD_ARRAY ? create_array(w, &m) : create_ring(&m);
	if (r < 0)
		return r;
	w->map[w->nr_maps] = m;
	return w->nr_maps++;
}

struct world_map *world_map_at(struct vm_world *w, uint64_t addr)
{
	size_t i = addr >> 48 & 0xff;

	return w && addr == world_map_addr(i) && i < w->nr_maps ? &w->map[i] : NULL;
}

unsigned char *world_value(const struct world_map *m, uint32_t element)
{
	return m->values + element * element_step(m);
}

int world_update(struct world_map *m, uint32_t element, const unsigned char *value, uint64_t flags)
{
	enum { ANY, NOEXIST, EXIST }; /* BPF_NOEXIST: all elements of an array exist */

	if (flags > EXIST)
		return -EINVAL;
	if (element >= m->max_entries)
		return -E2BIG;
	if (flags == NOEXIST)
		return -EEXIST;
	memmove(world_value(m, element), value, m->value_size); /* may be the same place */
	return 0;
}

static const char *find_value(struct world_place *ret, struct vm_world *w, uint64_t addr,
			      uint64_t len)
{
	size_t map = addr >> 48 & 0xff;
	uint32_t element = addr >> 32 & 0xffff, off = (uint32_t)addr;
	struct world_map *m = map < w->nr_maps ? &w->map[map] : NULL;

	if (!m || m->type != WORLD_ARRAY || element >= m->max_entries ||
	    !range_fits(m->value_size, off, len))
		return "outside of the value of a map";
	if (m->looked_at[element] == NOT_COMPARED)
		return "of a map through a pointer that was not compared with NULL";
	ret->bytes = world_value(m, element) + off;
	ret->read_only = m->read_only;
	return NULL;
}

static struct world_record *find_record(struct vm_world *w, uint64_t number)
{
	for (size_t i = 0; i < LIMIT_BPF_RECORDS; i++)
		if (w->record[i].bytes && w->record[i].number == number)
			return &w->record[i];
	return NULL;
}

static uint64_t number_of(uint64_t addr)
{
	return (addr - WORLD_RECORD) >> 32;
}

static const char *find_in_record(struct world_place *ret, struct vm_world *w, uint64_t addr,
				  uint64_t len)
{
	struct world_record *r = find_record(w, number_of(addr));

	if (!r)
		return number_of(addr) > 0 && number_of(addr) <= w->nr_records
			       ? "of a ring buffer's record after it was given back"
			       : "outside of a ring buffer's record";
	if (!r->compared)
		return "of a ring buffer's record that was not compared with NULL";
	if (!range_fits(r->size, (uint32_t)addr, len))
		return "outside of a ring buffer's record";
	ret->bytes = r->bytes + (uint32_t)addr;
	ret->read_only = false;
	return NULL;
}

const char *world_find(struct world_place *ret, struct vm_world *w, uint64_t addr, uint64_t len)
{
	switch (WORLD_TAG(addr)) {
	case WORLD_VALUE:
		return find_value(ret, w, addr, len);
	case WORLD_RECORD:
		return find_in_record(ret, w, addr, len);
	default:
		return "of a map itself, which is opaque";
	}
}

int world_reserve(struct vm_world *w, struct world_map *ring, uint64_t size, uint64_t *ret)
{
	/* Each has a header of 8 bytes and starts at a multiple of 8. */
	uint64_t taken = size / 8 * 8 + (size % 8 ? 16 : 8);
	struct world_record *r = NULL;

	*ret = 0;
	if (size > ring->max_entries || taken > ring->max_entries ||
	    ring->produced + taken > ring->max_entries - 1)
		return 0;
	for (size_t i = 0; !r && i < LIMIT_BPF_RECORDS; i++)
		if (!w->record[i].bytes)
			r = &w->record[i];
	if (!r || size > LIMIT_BPF_RING - w->held_bytes)
		return -E2BIG;
	r->bytes = calloc(1, size + 1); /* pages that nobody touches cost nothing */
	if (!r->bytes)
		return -ENOMEM;
	r->number = ++w->nr_records;
	r->size = size;
	r->compared = false;
	ring->produced += taken;
	w->held_bytes += size;
	*ret = WORLD_RECORD + (r->number << 32);
	return 0;
}

struct world_record *world_record_at(struct vm_world *w, uint64_t addr)
{
	if (!w || WORLD_TAG(addr) != WORLD_RECORD || (uint32_t)addr)
		return NULL;
	return find_record(w, number_of(addr));
}

void world_record_end(struct vm_world *w, struct world_record *r)
{
	w->held_bytes -= r->size;
	free(r->bytes);
	r->bytes = NULL;
}

bool world_holds_records(const struct vm_world *w)
{
	for (size_t i = 0; i < LIMIT_BPF_RECORDS; i++)
		if (w->record[i].bytes)
			return true;
	return false;
}

void world_compared(struct vm_world *w, uint64_t addr)
{
	struct world_record *r = world_record_at(w, addr);
	size_t map = addr >> 48 & 0xff;
	uint32_t element = addr >> 32 & 0xffff;

	if (r)
		r->compared = true;
	if (w && WORLD_TAG(addr) == WORLD_VALUE && !(uint32_t)addr && map < w->nr_maps &&
	    w->map[map].type == WORLD_ARRAY && element < w->map[map].max_entries)
		w->map[map].looked_at[element] = COMPARED;
}
