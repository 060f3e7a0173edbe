// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Linux 3.5 to 5.9: records one after the other, a header and its text each. A
 * header of length 0 says that the next one is at the start of the buffer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "kdump/kernel-log.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#define HEADER_MIN 16
#define HEADER_MAX 256
#define TEXT_MAX   65535

struct records {
	const struct vmcore *v;
	uint64_t buf, len, first, next;
	uint64_t header, at_ts, at_len, at_text_len; /* bytes */
	unsigned char *text;			     /* owned: TEXT_MAX bytes */
};

static void records_done(struct records *r)
{
	free(r->text);
}

static bool records_mine(const struct vmcore *v)
{
	uint64_t va;

	return vmcoreinfo_get(&v->info, "SYMBOL", "log_first_idx", &va);
}

/* The structure's name was "log" until 3.11. */
static int told(const struct records *r, const char *kind, const char *name, const char *old_name,
		uint64_t *ret, struct why *w)
{
	if (vmcoreinfo_get(&r->v->info, kind, old_name, ret))
		return 0;
	return log_need(r->v, kind, name, ret, w);
}

static int variable(const struct records *r, const char *name, size_t size, uint64_t *ret,
		    struct why *w)
{
	uint64_t va;
	int err = log_need(r->v, "SYMBOL", name, &va, w);

	return err < 0 ? err : log_number(r->v, va, size, ret, w);
}

static int find_layout(struct records *r, struct why *w)
{
	int err = told(r, "SIZE", "printk_log", "log", &r->header, w);

	if (err == 0)
		err = told(r, "OFFSET", "printk_log.ts_nsec", "log.ts_nsec", &r->at_ts, w);
	if (err == 0)
		err = told(r, "OFFSET", "printk_log.len", "log.len", &r->at_len, w);
	if (err == 0)
		err = told(r, "OFFSET", "printk_log.text_len", "log.text_len", &r->at_text_len, w);
	if (err == 0 && (r->header < HEADER_MIN || r->header > HEADER_MAX))
		err = why(w, -EBADMSG, "a record's header has %llu bytes",
			  (unsigned long long)r->header);
	return err;
}

static int records_open(struct records *r, struct why *w)
{
	/* A pointer: of what size, the size of "log_buf" does not tell. All x86_64 and arm64. */
	int err = variable(r, "log_buf", 8, &r->buf, w);

	if (err == 0)
		err = variable(r, "log_buf_len", 4, &r->len, w);
	if (err == 0)
		err = variable(r, "log_first_idx", 4, &r->first, w);
	if (err == 0)
		err = variable(r, "log_next_idx", 4, &r->next, w);
	if (err == 0)
		err = find_layout(r, w);
	if (err < 0)
		return err;
	if (r->len > LIMIT_KERNEL_LOG || r->first >= r->len || r->next > r->len)
		return why(w, -EBADMSG, "the log goes from %llu to %llu in %llu bytes",
			   (unsigned long long)r->first, (unsigned long long)r->next,
			   (unsigned long long)r->len);
	r->text = malloc(TEXT_MAX);
	return r->text ? 0 : why(w, -ENOMEM, "out of memory");
}

/* *@ret_len: the whole record; 0: go on at the start of the buffer. */
static int read_record(const struct records *r, uint64_t at, struct log_record *ret,
		       uint64_t *ret_len, struct why *w)
{
	unsigned char raw[HEADER_MAX];
	struct span header = { raw, r->header };
	uint16_t len, text_len;
	int err;

	if (!range_fits(r->len, at, r->header))
		return why(w, -EBADMSG, "record at %llu of the log is damaged",
			   (unsigned long long)at);
	err = vmcore_read(r->v, r->buf + at, raw, r->header, w);
	if (err < 0)
		return err;
	*ret = (struct log_record){ .has_time = true };
	if (!span_le16(header, r->at_len, &len) || !span_le16(header, r->at_text_len, &text_len) ||
	    !span_le64(header, r->at_ts, &ret->ts_nsec) ||
	    (len && (!range_fits(r->len, at, len) || !range_fits(len, r->header, text_len))))
		return why(w, -EBADMSG, "record at %llu of the log is damaged",
			   (unsigned long long)at);
	*ret_len = len;
	if (!len)
		return 0;
	err = vmcore_read(r->v, r->buf + at + r->header, r->text, text_len, w);
	if (err == 0)
		ret->text = (struct span){ r->text, text_len };
	return err;
}

/* Behind a record that cannot be read nobody knows where the next one is. */
static int records_walk(const struct records *r, struct log_sink *sink, struct why *w)
{
	uint64_t at = r->first;
	bool wrapped = false;

	/* Ends: it goes up, and to the start once. */
	while (at != r->next) {
		struct log_record record;
		uint64_t len = 0;
		int err = read_record(r, at, &record, &len, w);

		if (err == 0 && !len && (wrapped || r->next > at))
			err = why(w, -EBADMSG, "record at %llu of the log is damaged",
				  (unsigned long long)at);
		if (err < 0) {
			sink->lost++;
			return 0;
		}
		if (!len) {
			wrapped = true;
			at = 0;
			continue;
		}
		err = log_emit(sink, &record);
		if (err < 0)
			return err;
		at += len;
	}
	return 0;
}

static int records_read(const struct vmcore *v, struct log_sink *sink, struct why *w)
{
	__attribute__((cleanup(records_done))) struct records r = { .v = v };
	int err = records_open(&r, w);

	return err < 0 ? err : records_walk(&r, sink, w);
}

const struct log_layout log_records = { "records", records_mine, records_read };
