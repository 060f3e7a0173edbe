// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the notes of a crash are: one file a CPU, and one for vmcoreinfo. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/core-header.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/number.h"
#include "lib/span.h"
#include "lib/sysfile.h"

#define CPUS	   "/sys/devices/system/cpu/"
#define VMCOREINFO "/sys/kernel/vmcoreinfo"

static int cannot_read(struct why *w, int err, const char *path)
{
	return why(w, err, "cannot read %s: %s", path, strerror(-err));
}

bool iomem_is_ram(const struct iomem_line *line)
{
	static const char ram[] = "System RAM";

	return strncmp(line->name, ram, sizeof(ram) - 1) == 0 &&
	       (line->name[sizeof(ram) - 1] == '\0' ||
		strncmp(line->name + sizeof(ram) - 1, " (", 2) == 0);
}

static bool in_ram(const struct iomem *iomem, const struct range *at)
{
	for (size_t i = 0; i < iomem->nr; i++) {
		const struct iomem_line *line = &iomem->lines[i];

		if (iomem_is_ram(line) && at->start >= line->start && at->end <= line->end)
			return true;
	}
	return false;
}

/* The notes are written by the kernel, at a place that only it knows: in RAM, at least. */
static int check_note(const struct iomem *iomem, const char *path, uint64_t at, uint64_t size,
		      uint64_t limit, struct range *ret, struct why *w)
{
	struct range note;

	if (at == 0 || size == 0 || size > limit || at > UINT64_MAX - size)
		return why(w, -EBADMSG, "%s names %llu bytes at 0x%llx", path,
			   (unsigned long long)size, (unsigned long long)at);
	note = (struct range){ at, at + size };
	if (!in_ram(iomem, &note))
		return why(w, -EBADMSG, "%s names 0x%llx, where no memory is", path,
			   (unsigned long long)at);
	*ret = note;
	return 0;
}

static int add_note(struct core_notes *n, struct range at, uint64_t cpu, struct why *w)
{
	/* Doubled at each power of two. */
	if ((n->nr & (n->nr - 1)) == 0) {
		struct core_note *list = reallocarray(n->list, n->nr ? 2 * n->nr : 1,
						      sizeof(*list));

		if (!list)
			return why(w, -ENOMEM, "out of memory");
		n->list = list;
	}
	n->list[n->nr++] = (struct core_note){ at, cpu };
	return 0;
}

/* A line with one hexadecimal number and nothing else. */
static int read_address(const struct sys *sys, const char *path, uint64_t *ret)
{
	autofree char *text = NULL;
	const char *rest;
	int r = sysfile_read(sys->root, path, &text);

	if (r < 0)
		return r;
	rest = text;
	return number_take(&rest, 16, ret) && strcmp(rest, "\n") == 0 ? 0 : -EBADMSG;
}

static int add_cpu(struct core_notes *n, const struct iomem *iomem, const struct sys *sys,
		   uint64_t cpu, struct why *w)
{
	struct range note = { 0 };
	char path[96];
	uint64_t at, size;
	int r;

	snprintf(path, sizeof(path), CPUS "cpu%llu/crash_notes_size", (unsigned long long)cpu);
	r = sysfile_u64(sys->root, path, &size);
	if (r == -ENOENT || r == -ENOTDIR)
		return add_note(n, note, cpu, w); /* possible, but not plugged in */
	if (r < 0)
		return cannot_read(w, r, path);
	*strrchr(path, '_') = '\0';
	r = read_address(sys, path, &at);
	if (r < 0)
		return cannot_read(w, r, path);
	r = check_note(iomem, path, at, size, LIMIT_CRASH_NOTES, &note, w);
	return r < 0 ? r : add_note(n, note, cpu, w);
}

/* A list like "0-3,8,10-11". */
static int add_cpus(struct core_notes *n, const struct iomem *iomem, const struct sys *sys,
		    struct why *w)
{
	static const char path[] = CPUS "possible";
	autofree char *text = NULL;
	const char *rest;
	uint64_t next = 0;
	int r = sysfile_read(sys->root, path, &text);

	if (r < 0)
		return cannot_read(w, r, path);
	rest = text;
	do {
		uint64_t first, last;

		/* In order, so that nobody is counted twice. */
		if (!number_take(&rest, 10, &first) || first < next)
			return why(w, -EBADMSG, "%s is no list of CPUs", path);
		last = first;
		if (number_skip(&rest, '-') && (!number_take(&rest, 10, &last) || last < first))
			return why(w, -EBADMSG, "%s is no list of CPUs", path);
		if (last >= LIMIT_CPUS)
			return why(w, -E2BIG, "%s has more than %d CPUs", path, LIMIT_CPUS);
		for (uint64_t cpu = first; cpu <= last; cpu++) {
			r = add_cpu(n, iomem, sys, cpu, w);
			if (r < 0)
				return r;
		}
		next = last + 1;
	} while (number_skip(&rest, ','));
	if (strcmp(rest, "\n") != 0)
		return why(w, -EBADMSG, "%s is no list of CPUs", path);
	for (size_t i = 0; i < n->nr; i++)
		if (n->list[i].at.end)
			return 0;
	return why(
		w, -EOPNOTSUPP,
		"no CPU has a file crash_notes: this kernel was built without CONFIG_CRASH_DUMP");
}

/* "0xADDRESS SIZE", both hexadecimal. */
static int add_vmcoreinfo(struct core_notes *n, const struct iomem *iomem, const struct sys *sys,
			  struct why *w)
{
	autofree char *text = NULL;
	struct range note;
	const char *rest;
	uint64_t at, size;
	int r = sysfile_read(sys->root, VMCOREINFO, &text);

	if (r < 0)
		return cannot_read(w, r, VMCOREINFO);
	rest = text;
	if (!number_skip(&rest, '0') || !number_skip(&rest, 'x') || !number_take(&rest, 16, &at) ||
	    !number_skip(&rest, ' ') || !number_take(&rest, 16, &size) || strcmp(rest, "\n") != 0)
		return why(w, -EBADMSG, VMCOREINFO " has no address and size");
	r = check_note(iomem, VMCOREINFO, at, size, LIMIT_VMCOREINFO, &note, w);
	return r < 0 ? r : add_note(n, note, CORE_VMCOREINFO, w);
}

/* A CPU whose note nobody knows is left out. */
static void drop_unknown(struct core_notes *n, const struct iomem *iomem)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->nr; i++)
		if (n->list[i].at.end && in_ram(iomem, &n->list[i].at))
			n->list[kept++] = n->list[i];
	n->nr = kept;
}

int core_notes_read(struct core_notes *ret, const struct iomem *iomem, const struct sys *sys,
		    struct why *w)
{
	autonotes struct core_notes n = { 0 };
	int r = add_cpus(&n, iomem, sys, w);

	if (r < 0)
		return r;
	core_notes_fill(&n, sys);
	drop_unknown(&n, iomem);
	r = add_vmcoreinfo(&n, iomem, sys, w);
	if (r < 0)
		return r;
	*ret = n;
	n = (struct core_notes){ 0 };
	return 0;
}

void core_notes_done(struct core_notes *n)
{
	free(n->list);
	*n = (struct core_notes){ 0 };
}
