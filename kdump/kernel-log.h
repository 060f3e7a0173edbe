/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's log in a dump: one file for each of the layouts it has had.
 *
 *	log-ring.c	Linux 5.10 and later: a ring of descriptors, one of text
 *	log-records.c	3.5 to 5.9: one buffer of records
 *	log-flat.c	before: one buffer of text
 */
#ifndef KDUMP_KERNEL_LOG_H
#define KDUMP_KERNEL_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "kdump/vmcore.h"

struct log_record {
	bool has_time;	  /* false: a flat log, whose lines have theirs inside */
	uint64_t ts_nsec; /* since boot */
	bool has_seq;
	uint64_t seq;
	bool has_caller;
	uint32_t caller;  /* top bit: a CPU, else a thread */
	struct span text; /* untrusted; no newline at the end. Flat: any piece of text */
};

/* Gets each record in turn; a negative result ends the walk and is handed on. */
struct log_sink {
	int (*record)(void *context, const struct log_record *r);
	void *context;
	const char *layout; /* set before the first record: "ring", "records", "flat" */
	uint64_t nr;	    /* records that arrived */
	uint64_t lost;	    /* that are damaged or not in the dump */
};

/*
 * Reads the log, oldest first. 0 also if records are lost, then @w says of the
 * first one why. -ENODATA: the dump does not tell where the log is; -ENXIO: it is
 * not in the dump; or what the sink said.
 */
int kernel_log_read(const struct vmcore *v, struct log_sink *sink, struct why *w);

/* ---- between the files ---- */

/* A layout. @mine: its symbols are there. */
struct log_layout {
	const char *name;
	bool (*mine)(const struct vmcore *v);
	int (*read)(const struct vmcore *v, struct log_sink *sink, struct why *w);
};

extern const struct log_layout log_ring, log_records, log_flat;

/* A field of vmcoreinfo that must be there; -ENODATA names it. */
int log_need(const struct vmcore *v, const char *kind, const char *name, uint64_t *ret,
	     struct why *w);

/* Reads an unsigned number of @size bytes, 4 or 8. */
int log_number(const struct vmcore *v, uint64_t va, size_t size, uint64_t *ret, struct why *w);

int log_emit(struct log_sink *sink, const struct log_record *r);

#endif
