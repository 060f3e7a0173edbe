/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory as a load leaves it: what kexec-harness has recorded and dumped, read again. */
#ifndef TESTS_HARNESS_LOADED_H
#define TESTS_HARNESS_LOADED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"
#include "tests/harness/machine.h"

#define MAX_RANGES 1024

struct range {
	uint64_t start, end; /* the first and the last byte */
};

struct ranges {
	unsigned int nr;
	struct range r[MAX_RANGES];
};

struct loaded_segment {
	struct range at;
	struct span bytes; /* the rest is zeros */
	const char *what;  /* NULL: nobody has said yet */
};

struct loaded {
	uint64_t entry, flags;
	unsigned int nr;
	struct loaded_segment s[MAX_SEGMENTS];
};

/* The last successful kexec_load of @record, with its bytes out of @dump. Dies of trouble. */
void loaded_read(struct loaded *l, const char *record, const char *dump);

/* A whole file, mapped for good. Dies of trouble. */
struct span loaded_file(const char *path);

/* The segment that holds all of @len bytes at @addr, or NULL. */
struct loaded_segment *loaded_find(struct loaded *l, uint64_t addr, uint64_t len);

/* Copies out what is at @addr, false if it is not all in one segment. */
bool loaded_get(struct loaded *l, void *ret, uint64_t addr, uint64_t len);

/* The ranges of @root's /proc/iomem with this name, at any depth. */
void ranges_of_machine(struct ranges *ret, const char *root, const char *name);

/* Is all of @r inside one of them? */
bool ranges_hold(const struct ranges *all, struct range r);
bool ranges_touch(const struct ranges *all, struct range r);

/* Ends the program: not "bad", but the test itself is broken. */
void loaded_die(const char *what, const char *text) __attribute__((noreturn));

#endif
