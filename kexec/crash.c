// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/crash.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/number.h"
#include "lib/sysfile.h"

#define CMA_PATH     "/sys/kernel/kexec/crash_cma_ranges"
#define CMA_OLD_PATH "/sys/kernel/kexec_crash_cma_ranges"

/* ---- the regions ---- */

/* With two lines the upper one is for the kernel; it has the other for 32-bit devices only. */
static int read_reserved(struct crash_regions *ret, const struct iomem *iomem, struct why *w)
{
	size_t nr = 0;

	for (size_t i = 0; i < iomem->nr; i++) {
		const struct iomem_line *line = &iomem->lines[i];

		if (strcmp(line->name, "Crash kernel") != 0)
			continue;
		if (nr++ == 2)
			return why(w, -EBADMSG, "/proc/iomem has three crash kernels");
		/* Its lines come in order. */
		if (line->start < ret->high.end)
			return why(w, -EBADMSG, "/proc/iomem has crash kernels that overlap");
		ret->low = ret->high;
		ret->high = (struct range){ line->start, line->end };
	}
	if (nr == 0)
		return why(w, -ENODATA,
			   "no memory is reserved for a crash kernel: boot with crashkernel=SIZE");
	return 0;
}

/* Lines "first-last", hexadecimal, as many as the kernel was asked for. */
static int parse_cma(struct crash_regions *ret, const char *text, struct why *w)
{
	while (*text) {
		uint64_t first, last;

		if (!number_take(&text, 16, &first) || !number_skip(&text, '-') ||
		    !number_take(&text, 16, &last) || !number_skip(&text, '\n') || last < first ||
		    last == UINT64_MAX)
			return why(w, -EBADMSG, CMA_PATH " has a line that is no range");
		if (ret->nr_cma == CRASH_CMA_RANGES)
			return why(w, -E2BIG, CMA_PATH " has more than %d ranges",
				   CRASH_CMA_RANGES);
		ret->cma[ret->nr_cma++] = (struct range){ first, last + 1 };
	}
	return 0;
}

int crash_regions_read(struct crash_regions *ret, const struct iomem *iomem, const struct sys *sys,
		       struct why *w)
{
	autofree char *text = NULL;
	struct crash_regions c = { 0 };
	int r = read_reserved(&c, iomem, w);

	if (r < 0)
		return r;
	r = sysfile_read(sys->root, CMA_PATH, &text);
	if (r == -ENOENT || r == -ENOTDIR)
		r = sysfile_read(sys->root, CMA_OLD_PATH, &text);
	if (r >= 0)
		r = parse_cma(&c, text, w);
	else if (r == -ENOENT || r == -ENOTDIR)
		r = 0; /* before Linux 6.17 */
	else
		why(w, r, "cannot read " CMA_PATH ": %s", strerror(-r));
	if (r < 0)
		return r;
	*ret = c;
	return 0;
}

/* ---- the memory map ---- */

int crash_ram_map(struct ram_map *ret, const struct ram_map *all, const struct crash_regions *c,
		  const struct range *elfcorehdr, struct why *w)
{
	autoram struct ram_map map = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < all->nr; i++) {
		struct range at = all->ranges[i].at;

		if (all->ranges[i].type == RAM_USABLE) {
			/* Where CPUs are started. Nothing that is dumped is there. */
			if (at.start >= 1 * MiB)
				continue;
			if (at.end > 1 * MiB)
				at.end = 1 * MiB;
		}
		r = ram_set(&map, at, all->ranges[i].type, w);
	}
	if (r == 0)
		r = ram_set(&map, c->low, RAM_USABLE, w);
	if (r == 0)
		r = ram_set(&map, c->high, RAM_USABLE, w);
	for (size_t i = 0; r == 0 && i < c->nr_cma; i++)
		r = ram_set(&map, c->cma[i], RAM_USABLE, w);
	if (r == 0)
		r = ram_remove(&map, *elfcorehdr, w);
	if (r < 0)
		return r;
	*ret = map;
	map = (struct ram_map){ 0 };
	return 0;
}

/* ---- the same on a command line ---- */

/* Text that grows up to @room bytes; sticky. */
struct text {
	char *data;
	size_t len, room;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *fmt, ...)
{
	size_t left = t->len < t->room ? t->room - t->len : 0;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(left ? t->data + t->len : NULL, left, fmt, ap);
	va_end(ap);
	t->len += n;
}

/* Only RAM is rounded, inwards: more than there is would be a lie. */
static void add_range(struct text *t, struct range at, char sign)
{
	if (sign == '@') {
		at.start = (at.start + KiB - 1) & ~(KiB - 1);
		at.end &= ~(KiB - 1);
		if (at.start >= at.end)
			return;
	}
	if (at.start % KiB == 0 && at.end % KiB == 0)
		add(t, " memmap=%lluK%c%lluK", (unsigned long long)((at.end - at.start) / KiB),
		    sign, (unsigned long long)(at.start / KiB));
	else
		add(t, " memmap=0x%llx%c0x%llx", (unsigned long long)(at.end - at.start), sign,
		    (unsigned long long)at.start);
}

int crash_memmap_args(char **ret, const struct ram_map *crash, size_t room, struct why *w)
{
	autofree char *data = malloc(room + 1);
	struct text t = { .data = data, .room = room + 1 };

	if (!data)
		return why(w, -ENOMEM, "out of memory");
	add(&t, "memmap=exactmap");
	for (size_t i = 0; i < crash->nr; i++) {
		const struct ram_range *r = &crash->ranges[i];

		if (r->type == RAM_USABLE)
			add_range(&t, r->at, '@');
		else if (r->type == RAM_ACPI || r->type == RAM_ACPI_NVS)
			add_range(&t, r->at, '#');
		else if (r->type == RAM_PRAM)
			add_range(&t, r->at, '!');
	}
	if (t.len > room)
		return why(w, -E2BIG,
			   "--pass-memmap-cmdline: the command line has room for %zu bytes of "
			   "memmap=, the memory map takes %zu",
			   room, t.len);
	*ret = take_ptr(data);
	return 0;
}
