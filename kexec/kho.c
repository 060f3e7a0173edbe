// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/kho.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/number.h"
#include "lib/sysfile.h"

#define DIR  "/sys/kernel/debug/kho/"
#define PAGE UINT64_C(4096)

/* More than what is to be loaded: alignment of the kernel, and the small segments. */
#define SLACK (4 * MiB)

void kho_done(struct kho *k)
{
	free(k->scratch);
	*k = (struct kho){ 0 };
}

static int bad(struct why *w, const char *what)
{
	return why(w, -EBADMSG, "Kexec HandOver: " DIR "out/%s makes no sense", what);
}

static int cannot_read(struct why *w, const char *what, int err)
{
	return why(w, err, "Kexec HandOver: cannot read " DIR "out/%s: %s", what, strerror(-err));
}

/* A line "0x...", at most 16 digits behind; *text moves to the next line. */
static bool take_line(const char **text, uint64_t *ret)
{
	return number_skip(text, '0') && number_skip(text, 'x') && number_take(text, 16, ret) &&
	       number_skip(text, '\n');
}

/* ---- scratch areas ---- */

static bool overlap(const struct range *a, const struct range *b)
{
	return a->start < b->end && b->start < a->end;
}

static bool is_sound(const struct kho *k, const struct range *r)
{
	if (r->end <= r->start || r->start % PAGE || r->end % PAGE)
		return false;
	for (size_t i = 0; i < k->nr_scratch; i++)
		if (overlap(&k->scratch[i], r))
			return false;
	return true;
}

/* Two files tell of them, a line for each area. */
static int parse_areas(struct kho *k, const char *phys, const char *len, struct why *w)
{
	while (*phys && *len) {
		struct range r;
		uint64_t size;

		if (k->nr_scratch == LIMIT_KHO_AREAS)
			return why(w, -E2BIG, "Kexec HandOver: more than %d scratch areas",
				   LIMIT_KHO_AREAS);
		if (!take_line(&phys, &r.start))
			return bad(w, "scratch_phys");
		if (!take_line(&len, &size) || size > UINT64_MAX - r.start)
			return bad(w, "scratch_len");
		r.end = r.start + size;
		if (!is_sound(k, &r))
			return bad(w, "scratch_phys");
		k->scratch[k->nr_scratch++] = r;
	}
	return *phys || *len || k->nr_scratch == 0 ? bad(w, "scratch_len") : 0;
}

static int read_areas(struct kho *k, const struct sys *sys, struct why *w)
{
	autofree char *phys = NULL, *len = NULL;
	int r = sysfile_read(sys->root, DIR "out/scratch_phys", &phys);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return cannot_read(w, "scratch_phys", r);
	r = sysfile_read(sys->root, DIR "out/scratch_len", &len);
	if (r < 0)
		return cannot_read(w, "scratch_len", r);
	k->scratch = calloc(LIMIT_KHO_AREAS, sizeof(*k->scratch));
	return k->scratch ? parse_areas(k, phys, len, w) : why(w, -ENOMEM, "out of memory");
}

/* ---- the tree ---- */

static int read_number(const struct sys *sys, const char *path, const char *name, uint64_t *ret,
		       struct why *w)
{
	autofree char *text = NULL;
	const char *rest;
	int r = sysfile_read(sys->root, path, &text);

	if (r < 0)
		return cannot_read(w, name, r);
	rest = text;
	return take_line(&rest, ret) && *rest == '\0' ? 0 : bad(w, name);
}

/* In a scratch area the next kernel would write over it. */
static int read_tree(struct kho *k, const struct sys *sys, struct why *w)
{
	autofree char *text = NULL;
	uint64_t start, len;
	int r = sysfile_read(sys->root, DIR "out/fdt_phys", &text);

	if (r == -ENOENT || k->nr_scratch == 0)
		return 0;
	r = read_number(sys, DIR "out/fdt_phys", "fdt_phys", &start, w);
	if (r == 0)
		r = read_number(sys, DIR "out/fdt_len", "fdt_len", &len, w);
	if (r < 0)
		return r;
	if (start == 0 || len > LIMIT_DEVICE_TREE || start > UINT64_MAX - len)
		return bad(w, "fdt_phys");
	k->tree = (struct range){ start, start + len };
	return is_sound(k, &k->tree) ? 0 : bad(w, "fdt_phys");
}

int kho_read(struct kho *ret, const struct sys *sys, struct why *w)
{
	autokho struct kho k = { 0 };
	autofree char *text = NULL;
	int r = read_areas(&k, sys, w);

	if (r == 0)
		r = read_tree(&k, sys, w);
	if (r < 0)
		return r;
	k.revived = sysfile_read(sys->root, DIR "in", &text) == -EISDIR;
	*ret = k;
	k = (struct kho){ 0 };
	return 0;
}

bool kho_passes(const struct kho *k)
{
	return k->nr_scratch > 0 && k->tree.start < k->tree.end;
}

/* ---- what a loader does with it ---- */

int kho_loadable(struct ram_map *ret, const struct kho *k, const struct ram_map *all,
		 struct why *w)
{
	autoram struct ram_map map = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < k->nr_scratch; i++) {
		const struct range *area = &k->scratch[i];

		for (size_t j = 0; r == 0 && j < all->nr; j++) {
			struct range at = all->ranges[j].at;

			if (all->ranges[j].type != RAM_USABLE || !overlap(area, &at))
				continue;
			if (at.start < area->start)
				at.start = area->start;
			if (at.end > area->end)
				at.end = area->end;
			r = ram_set(&map, at, RAM_USABLE, w);
		}
	}
	if (r < 0)
		return r;
	*ret = map;
	map = (struct ram_map){ 0 };
	return 0;
}

/* Native-endian in the kernel, and both architectures are little endian. */
int kho_list(struct blob *ret, const struct kho *k, struct why *w)
{
	autofree uint64_t *pairs = calloc(k->nr_scratch + 1, 2 * sizeof(*pairs));

	if (!pairs)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; i < k->nr_scratch; i++) {
		pairs[2 * i] = htole64(k->scratch[i].start);
		pairs[2 * i + 1] = htole64(k->scratch[i].end - k->scratch[i].start);
	}
	return blob_copy(ret, (struct span){ (unsigned char *)pairs,
					     k->nr_scratch * 2 * sizeof(*pairs) },
			 "scratch areas", w);
}

static uint64_t area_size(const struct kho *k, size_t i)
{
	return i < k->nr_scratch ? k->scratch[i].end - k->scratch[i].start : 0;
}

static uint64_t largest_area(const struct kho *k)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < k->nr_scratch; i++)
		if (area_size(k, i) > largest)
			largest = area_size(k, i);
	return largest;
}

static uint64_t in_mib(uint64_t bytes)
{
	return bytes / MiB + (bytes % MiB != 0);
}

/*
 * What is loaded goes to the second area, which may be anywhere; what is there now
 * stays for the next kernel's first allocations, as do the other areas. arm64's loader
 * takes the first area that has room for the kernel, and puts the initrd above it: where
 * that is the highest area the others do not count, so there the first grows.
 */
void kho_explain(char *buf, size_t size, const struct kho *k, uint64_t bytes, bool upwards)
{
	uint64_t more = in_mib(bytes + SLACK), node = 0;

	if (!k || k->nr_scratch < 2 || bytes > UINT64_MAX / 4) {
		snprintf(buf, size, "; Kexec HandOver is active, so they must fit into its scratch "
				    "areas: boot with a larger kho_scratch=");
		return;
	}
	for (size_t i = 2; i < k->nr_scratch; i++)
		if (area_size(k, i) > node)
			node = area_size(k, i);
	snprintf(buf, size,
		 "; Kexec HandOver is active, so they must fit into its %zu scratch areas%s, of "
		 "which the largest has %" PRIu64 " MiB; boot with kho_scratch=%" PRIu64
		 "M,%" PRIu64 "M,%" PRIu64 "M",
		 k->nr_scratch, upwards ? " (the initrd above the kernel)" : "",
		 largest_area(k) / MiB, in_mib(area_size(k, 0)) + (upwards ? more : 0),
		 in_mib(area_size(k, 1)) + (upwards ? 0 : more), in_mib(node));
}

void kho_json(struct json *j, int active, const struct kho *k)
{
	if (active == 0) {
		json_null(j, "handover");
		return;
	}
	json_object(j, "handover");
	if (active > 0)
		json_bool(j, "active", true);
	else
		json_null(j, "active");
	json_bool(j, "by_kexec_load", kho_passes(k));
	json_bool(j, "revived", k->revived);
	json_array(j, "scratch");
	for (size_t i = 0; i < k->nr_scratch; i++) {
		json_object(j, NULL);
		json_number(j, "address", k->scratch[i].start);
		json_number(j, "size", area_size(k, i));
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

void kho_dump(FILE *f, const struct kho *k)
{
	for (size_t i = 0; i < k->nr_scratch; i++)
		fprintf(f, "scratch area: %#" PRIx64 " to %#" PRIx64 ", %" PRIu64 " KiB\n",
			k->scratch[i].start, k->scratch[i].end - 1, area_size(k, i) / KiB);
	if (kho_passes(k))
		fprintf(f, "handover tree: %#" PRIx64 " to %#" PRIx64 "\n", k->tree.start,
			k->tree.end - 1);
}
