// SPDX-License-Identifier: GPL-2.0-or-later
/* Before Linux 3.5: a ring of text, of which log_end counts all that ever came. */
#define _GNU_SOURCE
#include <errno.h>

#include "kdump/kernel-log.h"
#include "lib/limits.h"

static bool flat_mine(const struct vmcore *v)
{
	uint64_t va;

	return vmcoreinfo_get(&v->info, "SYMBOL", "log_end", &va);
}

static int variable(const struct vmcore *v, const char *name, size_t size, uint64_t *ret,
		    struct why *w)
{
	uint64_t va;
	int err = log_need(v, "SYMBOL", name, &va, w);

	return err < 0 ? err : log_number(v, va, size, ret, w);
}

static int flat_read(const struct vmcore *v, struct log_sink *sink, struct why *w)
{
	uint64_t buf, size, end, nr;
	int err = variable(v, "log_buf", 8, &buf, w);

	if (err == 0)
		err = variable(v, "log_buf_len", 4, &size, w);
	if (err == 0)
		err = variable(v, "log_end", 4, &end, w);
	if (err == 0)
		err = variable(v, "logged_chars", 4, &nr, w);
	if (err < 0)
		return err;
	/* A power of two, always; the counter of 32 bits goes round. */
	if (size == 0 || size > LIMIT_KERNEL_LOG || (size & (size - 1)))
		return why(w, -EBADMSG, "the log has %llu bytes", (unsigned long long)size);
	if (nr > size)
		nr = size;
	for (uint64_t at = end - nr; nr > 0;) {
		unsigned char piece[VMCORE_PAGE];
		uint64_t off = at & (size - 1), len = sizeof(piece);
		struct log_record record = { .text = { piece, 0 } };

		if (len > nr)
			len = nr;
		if (len > size - off)
			len = size - off;
		record.text.size = len;
		if (vmcore_read(v, buf + off, piece, len, w) < 0)
			sink->lost++;
		else if ((err = log_emit(sink, &record)) < 0)
			return err;
		at += len;
		nr -= len;
	}
	return 0;
}

const struct log_layout log_flat = { "flat", flat_mine, flat_read };
