/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical memory as the firmware describes it: sorted ranges that do not overlap.
 */
#ifndef KEXEC_RAM_H
#define KEXEC_RAM_H

#include <stddef.h>
#include <stdint.h>

#include "kexec/iomem.h"
#include "kexec/sys.h"
#include "lib/why.h"

struct range {
	uint64_t start, end; /* bytes, physical; end is the first byte behind; equal: none */
};

/* The numbers of the x86 E820 map, which other architectures borrow. */
enum ram_type {
	RAM_USABLE = 1,
	RAM_RESERVED = 2,
	RAM_ACPI = 3,
	RAM_ACPI_NVS = 4,
	RAM_UNUSABLE = 5,
	RAM_PMEM = 7,
	RAM_PRAM = 12,                      /* "Persistent Memory (legacy)" */
	RAM_SOFT_RESERVED = (int)0xefffffff, /* "Soft Reserved" */
};

struct ram_range {
	struct range at;
	enum ram_type type;
};

struct ram_map {
	struct ram_range *ranges; /* owned */
	size_t nr;
};

/*
 * What the firmware told the running kernel, /sys/firmware/memmap; where there is
 * none, the outermost lines of @iomem. Words that nobody knows are RAM_RESERVED.
 * -EBADMSG if ranges overlap with different types beyond repair, -E2BIG, -ENOMEM,
 * -errno of reading.
 */
int ram_read(struct ram_map *ret, const struct iomem *iomem, const struct sys *sys, struct why *w);

/* Adds @at as @type over whatever was there; keeps the map sorted and merged. -E2BIG, -ENOMEM. */
int ram_set(struct ram_map *map, struct range at, enum ram_type type, struct why *w);

/* Takes @at out of the map. -E2BIG, -ENOMEM. */
int ram_remove(struct ram_map *map, struct range at, struct why *w);

void ram_done(struct ram_map *map);
#define autoram __attribute__((cleanup(ram_done)))

#endif
