// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a loader could have taken its facts from, in the same words: the kernel's
 * own setup header ("file"), the running kernel's boot_params ("running"), the
 * firmware's memory map ("firmware", "firmware-but-ram" without that), or that computed with
 * ("computed").
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/sysfile.h"
#include "tests/harness/facts.h"

/* As Linux names its e820 types: arch/x86/kernel/e820.c, e820_type_to_string(). */
static const struct {
	const char *name;
	uint32_t type;
} types[] = {
	{ "System RAM", 1 },
	{ "Reserved", 2 },
	{ "reserved", 2 },
	{ "ACPI Tables", 3 },
	{ "ACPI Non-volatile Storage", 4 },
	{ "Unusable memory", 5 },
	{ "Persistent Memory", 7 },
	{ "Persistent Memory (legacy)", 12 },
};

static uint32_t type_of(const char *root, const char *path)
{
	autofree char *text = NULL;

	if (sysfile_read(root, path, &text) < 0)
		loaded_die(path, "missing");
	text[strcspn(text, "\n")] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(text, types[i].name) == 0)
			return types[i].type;
	}
	loaded_die(path, "a type nobody knows");
}

static uint64_t number_of(const char *root, const char *path)
{
	uint64_t n = 0;

	if (sysfile_u64(root, path, &n) < 0)
		loaded_die(path, "missing");
	return n;
}

static void add_entry(struct facts *f, const char *name)
{
	struct map_entry *e = &f->map[f->map_nr];
	char path[PATH_MAX];

	if (f->map_nr == MAX_RANGES)
		loaded_die(f->root, "too many entries in /sys/firmware/memmap");
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/start", name);
	e->addr = number_of(f->root, path);
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/end", name);
	e->size = number_of(f->root, path) - e->addr + 1;
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/type", name);
	e->type = type_of(f->root, path);
	f->map_nr++;
}

static int by_address(const void *a, const void *b)
{
	const struct map_entry *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void read_memmap(struct facts *f)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/firmware/memmap", f->root);
	dir = opendir(path);
	if (!dir)
		loaded_die(path, strerror(errno));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			add_entry(f, entry->d_name);
	}
	closedir(dir);
	qsort(f->map, f->map_nr, sizeof(f->map[0]), by_address);
}

static void from_params(const char *whose, const struct facts *f)
{
	struct span s;

	for (const struct params_field *p = params_fields; p->len; p++) {
		if (p->name && span_sub(&s, f->params, p->off, p->len)) {
			printf("%s ", whose);
			fact_hex(p->name, s);
		}
	}
}

/* In KiB, from 1 MiB on: what there was before memory maps. 16 bits of it, and 32. */
static void computed(const struct facts *f)
{
	for (unsigned int i = 0; i < f->map_nr; i++) {
		const struct map_entry *e = &f->map[i];
		uint64_t kib = e->addr <= LOW_END ? (e->addr + e->size - LOW_END) >> 10 : 0;
		uint32_t all = htole32((uint32_t)kib);
		uint16_t low = htole16(kib > 0xfc00 ? 0xfc00 : (uint16_t)kib);

		if (e->type != E820_RAM || e->addr + e->size <= LOW_END || !kib)
			continue;
		printf("computed ");
		fact_hex("alt_mem_k", (struct span){ (void *)&all, sizeof(all) });
		printf("computed ");
		fact_hex("ext_mem_k", (struct span){ (void *)&low, sizeof(low) });
	}
}

void facts_sources(struct facts *f)
{
	unsigned char header_len;
	char path[PATH_MAX];

	/* Of the file no more than its setup header gets into boot_params. */
	if (!span_get(&header_len, f->kernel, 0x201, 1) ||
	    !span_get(f->params_room + 0x1f1, f->kernel, 0x1f1, 0x11 + header_len))
		loaded_die("--kernel", "no bzImage");
	f->params = (struct span){ f->params_room, PARAMS_SIZE };
	from_params("file", f);
	snprintf(path, sizeof(path), "%s/sys/kernel/boot_params/data", f->root);
	f->params = loaded_file(path);
	from_params("running", f);
	read_memmap(f);
	for (unsigned int i = 0; i < f->map_nr; i++) {
		printf("firmware ");
		fact_entry(&f->map[i]);
		if (f->map[i].type != E820_RAM) {
			printf("firmware-but-ram ");
			fact_entry(&f->map[i]);
		}
	}
	computed(f);
}
