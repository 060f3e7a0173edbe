/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program of type 2 has beside its stack: maps, made by its loader, and
 * records of ring buffers. Semantics are those of Linux 6.12 (kernel/bpf/arraymap.c,
 * ringbuf.c; Documentation/bpf/map_array.rst, ringbuf.rst).
 *
 * Addresses are numbers of ours, like those of machine.h: what they point at stands
 * in their upper bits, so that no arithmetic leads from one thing into another.
 */
#ifndef BPF_VM_WORLD_H
#define BPF_VM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/limits.h"

/* Element of an array: tag, map (8 bits), element (16 bits), offset (32 bits). */
#define WORLD_VALUE (UINT64_C(2) << 56)
/* A map itself, which is opaque: tag, map, zeros. */
#define WORLD_MAP (UINT64_C(3) << 56)
/* Record of a ring buffer: tag, its number from 1 on, offset (32 bits). */
#define WORLD_RECORD	(UINT64_C(4) << 56)
#define WORLD_TAG(addr) ((addr) & (UINT64_C(0xff) << 56))

enum world_map_type { WORLD_ARRAY = 2, WORLD_RING = 27 }; /* enum bpf_map_type */

struct world_map {
	enum world_map_type type;
	char name[16];
	uint32_t value_size, max_entries; /* of an array; max_entries of a ring: bytes */
	bool read_only;			  /* to programs */
	bool frozen;			  /* to bpf() */

	/* An array's. */
	unsigned char *values;	  /* owned */
	unsigned char *looked_at; /* owned; for each element, one of enum world_lookup */
	/* A ring's: bytes that records have taken. Nobody reads them, so they stay taken. */
	uint64_t produced;
};

/* Has the pointer to an element been compared with NULL? The first counts for all. */
enum world_lookup { NOT_LOOKED_UP, NOT_COMPARED, COMPARED };

struct world_record {
	unsigned char *bytes; /* owned; NULL: this row is free */
	uint64_t number;
	uint32_t size;
	bool compared;
};

struct vm_world {
	struct world_map map[LIMIT_BPF_MAPS];
	size_t nr_maps;
	struct world_record record[LIMIT_BPF_RECORDS];
	uint64_t nr_records; /* that there ever were */
	uint64_t array_bytes, held_bytes; /* in arrays; in records that are held */
};

struct vm_world *world_new(void);
void world_free(struct vm_world *w); /* NULL is fine */

/*
 * A new map, all zeros; its index, or what the kernel answers to such a wish (-EINVAL,
 * -E2BIG, -ENOMEM), or -EOPNOTSUPP for what is good, but not done here.
 */
int world_map_create(struct vm_world *w, const struct world_map *wish);

/* The map that the program's pointer @addr is; NULL: it is none. */
struct world_map *world_map_at(struct vm_world *w, uint64_t addr);

static inline uint64_t world_map_addr(size_t map)
{
	return WORLD_MAP | (uint64_t)map << 48;
}

static inline uint64_t world_value_addr(size_t map, uint32_t element)
{
	return WORLD_VALUE | (uint64_t)map << 48 | (uint64_t)element << 32;
}

/* Of an array: the bytes of an element that exists. */
unsigned char *world_value(const struct world_map *m, uint32_t element);

/* bpf_map_update_elem() on an array: 0, -E2BIG, -EEXIST, -EINVAL. @value has value_size bytes. */
int world_update(struct world_map *m, uint32_t element, const unsigned char *value, uint64_t flags);

/*
 * Room for a record of @size bytes, zeros; its address. 0, as in the kernel: the ring
 * is full. -E2BIG: too many at once for us; -ENOMEM.
 */
int world_reserve(struct vm_world *w, struct world_map *ring, uint64_t size, uint64_t *ret);
/* The record that starts at @addr and is still held; NULL: there is none. */
struct world_record *world_record_at(struct vm_world *w, uint64_t addr);
void world_record_end(struct vm_world *w, struct world_record *r);
bool world_holds_records(const struct vm_world *w);

/* @addr was compared with NULL. */
void world_compared(struct vm_world *w, uint64_t addr);

struct world_place {
	unsigned char *bytes;
	bool read_only;
};

/*
 * The @len bytes at an address that has one of the tags above. NULL, or why a program
 * may not touch them, the end of a sentence that begins with the instruction.
 */
const char *world_find(struct world_place *ret, struct vm_world *w, uint64_t addr, uint64_t len);

#endif
