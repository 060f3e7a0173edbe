// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Maps, found by their ids and written to while the loader is held: those of a parser
 * that is a plain object, which has none; and those of a light skeleton, of which the
 * loader reads the parser out of one.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

unsigned int list_maps(unsigned int ids[MAX_MAPS])
{
	unsigned int n = 0, id = 0;

	while (n < MAX_MAPS && !bpf_map_get_next_id(id, &id))
		ids[n++] = id;
	return n;
}

void remember_maps(struct known_maps *known)
{
	known->nr = list_maps(known->ids);
}

bool is_known_map(const struct known_maps *known, unsigned int id)
{
	for (unsigned int i = 0; i < known->nr; i++)
		if (known->ids[i] == id)
			return true;
	return false;
}

static struct known_maps before;

static void remember(struct world *w)
{
	(void)w;
	remember_maps(&before);
}

/* What is reached is the program; that there is no map is the answer. */
static void count_maps(struct world *w)
{
	struct bpf_prog_info info = { 0 };
	unsigned int size = sizeof(info), now[MAX_MAPS], nr;
	int parser = find_parser(w);

	if (parser >= 0 && !bpf_obj_get_info_by_fd(parser, &info, &size))
		w->tally->done += info.nr_map_ids;
	nr = list_maps(now);
	for (unsigned int i = 0; i < nr; i++)
		w->tally->done += !is_known_map(&before, now[i]);
	world_go(w);
	world_wait(w);
	close(parser);
}

static const char theirs[] = "who=skeleton", ours[] = "who=attacker";

static bool rewrite(unsigned int id)
{
	struct bpf_map_info info = { 0 };
	unsigned int size = sizeof(info), zero = 0;
	int map = bpf_map_get_fd_by_id(id);
	char *value = NULL, *at;
	bool ok = false;

	if (map >= 0 && !bpf_obj_get_info_by_fd(map, &info, &size) &&
	    info.type == BPF_MAP_TYPE_ARRAY)
		value = malloc(info.value_size);
	if (value && !bpf_map_lookup_elem(map, &zero, value)) {
		at = memmem(value, info.value_size, theirs, sizeof(theirs) - 1);
		if (at) {
			memcpy(at, ours, sizeof(ours) - 1);
			ok = !bpf_map_update_elem(map, &zero, value, BPF_ANY);
		}
	}
	free(value);
	close(map);
	return ok;
}

static void write_maps(struct world *w)
{
	unsigned int now[MAX_MAPS], nr;

	if (world_held(w)) {
		w->tally->reached = 1;
		nr = list_maps(now);
		for (unsigned int i = 0; i < nr; i++)
			if (!is_known_map(&before, now[i]))
				w->tally->done += rewrite(now[i]);
	}
	world_go(w);
	world_wait(w);
}

static bool prepare_before(struct world *w)
{
	return attach_hooks(w, HOLD_BEFORE);
}

static bool prepare_maps(struct world *w)
{
	return attach_hooks(w, HOLD_MAPS);
}

const struct attacker map_attackers[] = {
	{ "maps", prepare_before, remember, NULL, count_maps },
	{ "skeleton", prepare_maps, remember, NULL, write_maps },
	{ NULL, NULL, NULL, NULL, NULL }
};
