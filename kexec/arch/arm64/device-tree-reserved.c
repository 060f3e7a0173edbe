// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a device tree wants left alone: its memory reservations, and what has an address
 * below /reserved-memory (Devicetree Specification 0.4, 3.5 and 5.3).
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kexec/arch/arm64/device-tree.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#ifdef HAVE_FDT
#include <libfdt.h>

/* Where the steps of taking out meet. */
struct taker {
	struct ram_map *map;
	const void *fdt;
	struct why *w;
	unsigned int nr; /* so far */
};

static int take_out(struct taker *t, uint64_t start, uint64_t size)
{
	uint64_t end = size > UINT64_MAX - start ? UINT64_MAX : start + size;

	if (++t->nr > LIMIT_RAM_RANGES)
		return why(t->w, -E2BIG, "device tree reserves more than %d ranges",
			   LIMIT_RAM_RANGES);
	return ram_remove(t->map, (struct range){ start, end }, t->w);
}

static int take_reservations(struct taker *t)
{
	int nr = fdt_num_mem_rsv(t->fdt), r = 0;

	for (int i = 0; r == 0 && i < nr; i++) {
		uint64_t start, size;

		if (fdt_get_mem_rsv(t->fdt, i, &start, &size) == 0)
			r = take_out(t, start, size);
	}
	return r;
}

static bool is_available(const void *fdt, int node)
{
	int len;
	const char *status = fdt_getprop(fdt, node, "status", &len);

	/* With their NUL: the property need not have one. */
	return !status || (len == 5 && memcmp(status, "okay", 5) == 0) ||
	       (len == 3 && memcmp(status, "ok", 3) == 0);
}

static uint64_t number(const fdt32_t *cells, int nr)
{
	uint64_t value = 0;

	for (int i = 0; i < nr; i++)
		value = value << 32 | fdt32_ld(cells + i);
	return value;
}

/* Without "reg" the next kernel looks for a place, and finds one beside us. */
static int take_node(struct taker *t, int node, int address_cells, int size_cells)
{
	int len, step = address_cells + size_cells, r = 0;
	const fdt32_t *reg = fdt_getprop(t->fdt, node, "reg", &len);

	if (!reg || !is_available(t->fdt, node))
		return 0;
	for (int i = 0; r == 0 && i + step <= len / 4; i += step)
		r = take_out(t, number(reg + i, address_cells),
			     number(reg + i + address_cells, size_cells));
	return r;
}

int device_tree_take_reserved(struct ram_map *map, const void *fdt, struct why *w)
{
	struct taker t = { .map = map, .fdt = fdt, .w = w };
	int parent = fdt_subnode_offset(fdt, 0, "reserved-memory"), node, r;
	int address_cells = parent < 0 ? 0 : fdt_address_cells(fdt, parent);
	int size_cells = parent < 0 ? 0 : fdt_size_cells(fdt, parent);

	r = take_reservations(&t);
	/* Other numbers of cells are no addresses, for the kernel neither. */
	if (r < 0 || address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2)
		return r;
	fdt_for_each_subnode(node, fdt, parent)
	{
		r = take_node(&t, node, address_cells, size_cells);
		if (r < 0)
			return r;
	}
	return 0;
}
#endif
