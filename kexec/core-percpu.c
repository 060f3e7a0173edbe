// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The notes of CPUs that are not there yet. The kernel has allotted them at boot
 * and writes them from the moment on when such a CPU comes, maybe long after we
 * have made the elfcorehdr.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kexec/core-header.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/number.h"

/* Virtual addresses of the kernel's; 0: not found. */
struct symbols {
	uint64_t notes;	  /* crash_notes, a per-CPU pointer */
	uint64_t offsets; /* __per_cpu_offset, what has to be added to one for each CPU */
};

/* "ADDRESS TYPE NAME" */
static void read_symbol(struct symbols *ret, const char *line)
{
	uint64_t va;

	if (!number_take(&line, 16, &va) || !number_skip(&line, ' ') || !*line++ ||
	    !number_skip(&line, ' '))
		return;
	if (strcmp(line, "crash_notes\n") == 0)
		ret->notes = va;
	else if (strcmp(line, "__per_cpu_offset\n") == 0)
		ret->offsets = va;
}

/* Some hundred thousand lines: read as a stream, and not to the modules at its end. */
static void read_symbols(struct symbols *ret, const struct sys *sys)
{
	char path[PATH_MAX], line[1024];
	size_t left = LIMIT_KALLSYMS;
	FILE *f;
	int fd;

	if (snprintf(path, sizeof(path), "%s/proc/kallsyms", sys->root) >= (int)sizeof(path))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f && fd >= 0)
		close(fd);
	while (f && (!ret->notes || !ret->offsets) && left > sizeof(line) &&
	       fgets(line, sizeof(line), f)) {
		left -= strlen(line);
		read_symbol(ret, line);
	}
	if (f)
		fclose(f);
}

/* Where the kernel has the note of @cpu. */
static bool find_note(const struct kcore *k, const struct sys *sys, const struct symbols *s,
		      uint64_t base, uint64_t cpu, uint64_t *ret)
{
	uint64_t offset;

	return s->offsets <= UINT64_MAX - 8 * cpu &&
	       kcore_u64(k, sys, s->offsets + 8 * cpu, &offset) == 0 &&
	       kcore_physical(k, base + offset, ret);
}

void core_notes_fill(struct core_notes *n, const struct sys *sys)
{
	autokcore struct kcore k = { 0 };
	autofree uint64_t *found = calloc(n->nr + 1, sizeof(*found));
	struct symbols s = { 0 };
	uint64_t base, size = 0;
	size_t missing = 0;

	for (size_t i = 0; i < n->nr; i++) {
		missing += n->list[i].at.end == 0;
		if (n->list[i].at.end)
			size = n->list[i].at.end - n->list[i].at.start;
	}
	if (!missing || !found || kcore_read(&k, sys, NULL) < 0)
		return;
	read_symbols(&s, sys);
	if (!s.notes || !s.offsets || kcore_u64(&k, sys, s.notes, &base) < 0)
		return;
	for (size_t i = 0; i < n->nr; i++) {
		if (!find_note(&k, sys, &s, base, n->list[i].cpu, &found[i]) || found[i] == 0 ||
		    found[i] > UINT64_MAX - size ||
		    (n->list[i].at.end && n->list[i].at.start != found[i]))
			return;
	}
	for (size_t i = 0; i < n->nr; i++)
		n->list[i].at = (struct range){ found[i], found[i] + size };
}
