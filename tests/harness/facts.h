/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What load-facts prints, a line each:
 *
 *	NAME VALUE	what any correct loader must say alike, the comparison's matter
 *	place NAME VALUE	where things are, or what follows from that
 *	bad TEXT	what no loader may do
 *
 * and with --sources, where a loader may take what it says from:
 *
 *	file|running|firmware|firmware-but-ram|computed NAME VALUE
 */
#ifndef TESTS_HARNESS_FACTS_H
#define TESTS_HARNESS_FACTS_H

#include "tests/harness/loaded.h"

#define PARAMS_SIZE 4096
/* Below, machines and loaders have habits of their own: facts say "-low". */
#define LOW_END	 (1 << 20)
#define E820_RAM 1

struct map_entry {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed)); /* boot_params.e820_table: Documentation/arch/x86/zero-page.rst */

struct facts {
	struct loaded l;
	struct span kernel; /* the bzImage */
	struct span initrd; /* size 0: none */
	struct span params; /* a copy of boot_params */
	unsigned char params_room[PARAMS_SIZE];
	const char *root;
	bool crash;
	struct ranges crash_region;
	struct map_entry map[MAX_RANGES];
	unsigned int map_nr;
	bool bad;
};

void fact(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void bad(struct facts *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Numbers of boot_params; what is behind its end is 0. */
uint64_t params_u8(const struct facts *f, uint64_t off);
uint64_t params_u16(const struct facts *f, uint64_t off);
uint64_t params_u32(const struct facts *f, uint64_t off);
uint64_t params_u64(const struct facts *f, uint64_t off);
/* Low and high half in two places. */
uint64_t params_split(const struct facts *f, uint64_t low, uint64_t high);

/* Fields of boot_params; the list ends with one of length 0. Without a name: told elsewhere. */
struct params_field {
	unsigned int off, len;
	const char *name;
};
extern const struct params_field params_fields[];

void fact_hex(const char *name, struct span s);
void fact_entry(const struct map_entry *e);

/* facts-params.c; the map comes after the parameters. */
void facts_params(struct facts *f);
void facts_map(struct facts *f);
/* facts-core.c: elfcorehdr. */
void facts_core(struct facts *f, const char *cmdline);
/* facts-machine.c */
void facts_sources(struct facts *f);

#endif
