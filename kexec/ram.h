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
 * none, the outermost lines of @iomem. Words that nobody knows are RAM_RESERVED;
 * where ranges overlap, what is less usable (the larger number) holds. -EBADMSG
 * for a range that makes no sense, -E2BIG, -ENOMEM, -errno of reading.
 */
int ram_read(struct ram_map *ret, const struct iomem *iomem, const struct sys *sys, struct why *w);

/* The contents of the files "start", "end" and "type" of one range there. -EBADMSG. */
int ram_parse(struct ram_range *ret, const char *start, const char *end, const char *type,
	      struct why *w);

/* A map of @list, which may overlap and is sorted on the way. -E2BIG, -ENOMEM. */
int ram_build(struct ram_map *ret, struct ram_range *list, size_t nr, struct why *w);

/*
 * Where something may be loaded: usable memory of @all that the running kernel
 * uses as such, too. It keeps off what it has found occupied by itself, say a
 * log of the TPM. -E2BIG, -ENOMEM.
 */
int ram_loadable(struct ram_map *ret, const struct ram_map *all, const struct iomem *iomem,
		 struct why *w);

/* Adds @at as @type over whatever was there; keeps the map sorted and merged. -E2BIG, -ENOMEM. */
int ram_set(struct ram_map *map, struct range at, enum ram_type type, struct why *w);

/* Takes @at out of the map. -E2BIG, -ENOMEM. */
int ram_remove(struct ram_map *map, struct range at, struct why *w);

void ram_done(struct ram_map *map);
#define autoram __attribute__((cleanup(ram_done)))

#endif
