/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log as people and programs read it. */
#ifndef KDUMP_LOG_TEXT_H
#define KDUMP_LOG_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "kdump/kernel-log.h"

/*
 * Writes to @out. Text: a line "[    1.234567] TEXT" for each record, newlines
 * and tabs in it as they are, other bytes that are not printable ASCII as \xNN. JSON:
 * one object, in whose strings these bytes stand as \xNN, too.
 */
struct log_text {
	FILE *out;
	bool json;
	bool ends_line; /* flat: was the last byte a newline? */
	size_t nr;	/* records, or pieces of a flat log */
};

/* The start of the JSON object; nothing for text. */
void log_text_begin(struct log_text *t, const struct vmcore *v);

/* For struct log_sink; @context is a struct log_text. -EIO if writing fails. */
int log_text_record(void *context, const struct log_record *r);

/* The end; @reason: why something is missing, NULL if nothing is. -EIO. */
int log_text_end(struct log_text *t, const struct log_sink *sink, const char *reason);

#endif
