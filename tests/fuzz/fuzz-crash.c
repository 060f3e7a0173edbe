/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small files that tell about a crash kernel. The input is the text of one
 * after the other, in the order of files[], each ended by a NUL; the rest of
 * them are good.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kexec/core-header.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

#define CPU "/sys/devices/system/cpu/"

static const struct {
	const char *path, *good;
} files[] = {
	{ CPU "possible", "0-1\n" },
	{ CPU "cpu0/crash_notes", "1000000\n" },
	{ CPU "cpu0/crash_notes_size", "368\n" },
	{ "/sys/kernel/vmcoreinfo", "0x2000000 1024\n" },
	{ "/sys/kernel/kexec/crash_cma_ranges", "" },
	{ "/sys/kernel/kexec/crash_elfcorehdr_size", "4096\n" },
};

static char root[64];

/* In memory, if there is such a folder: each input is six files. */
static void make_root(void)
{
	snprintf(root, sizeof(root), "%s/kexec-fuzz-crash-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	PROMISE(mkdtemp(root));
}

static void remove_root(void)
{
	char command[sizeof(root) + 8];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	PROMISE(system(command) == 0);
}

static void put(const char *path, const char *text, size_t len)
{
	char full[128];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *c = full + strlen(root) + 1; (c = strchr(c, '/')); c++) {
		*c = '\0';
		mkdir(full, 0755);
		*c = '/';
	}
	f = fopen(full, "w");
	PROMISE(f && fwrite(text, 1, len, f) == len && fclose(f) == 0);
}

static void check_notes(const struct iomem *m, const struct sys *sys)
{
	autonotes struct core_notes n = { 0 };
	struct why w = { 0 };

	if (core_notes_read(&n, m, sys, &w) < 0) {
		PROMISE(w.err && w.text[0] && !n.list);
		return;
	}
	PROMISE(n.nr == 2);
	for (size_t i = 0; i < n.nr; i++)
		PROMISE(n.list[i].at.start < n.list[i].at.end && n.list[i].at.end <= 0x80000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iomem_line lines[] = {
		{ .start = 0x100000, .end = 0x80000000, .name = "System RAM" },
		{ .start = 0x10000000, .end = 0x20000000, .depth = 1, .name = "Crash kernel" },
	};
	const struct iomem iomem = { .lines = lines, .nr = ARRAY_SIZE(lines) };
	const struct sys sys = { .root = root };
	struct crash_regions c;
	uint64_t room;

	if (!root[0]) {
		make_root();
		atexit(remove_root);
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t len = strnlen((const char *)data, size);

		if (size)
			put(files[i].path, (const char *)data, len);
		else
			put(files[i].path, files[i].good, strlen(files[i].good));
		data += len + (len < size);
		size -= len + (len < size);
	}
	check_notes(&iomem, &sys);
	if (crash_regions_read(&c, &iomem, &sys, NULL) == 0) {
		PROMISE(c.nr_cma <= CRASH_CMA_RANGES && c.high.end == 0x20000000);
		for (size_t i = 0; i < c.nr_cma; i++)
			PROMISE(c.cma[i].start < c.cma[i].end);
	}
	if (core_header_room(&sys, &room, NULL) == 0)
		PROMISE(room > 0 && room <= LIMIT_ELFCOREHDR);
	return 0;
}
