// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>

#include "kdump/kernel-log.h"
#include "lib/cleanup.h"

static const struct log_layout *const layouts[] = { &log_ring, &log_records, &log_flat };

int log_need(const struct vmcore *v, const char *kind, const char *name, uint64_t *ret,
	     struct why *w)
{
	if (vmcoreinfo_get(&v->info, kind, name, ret))
		return 0;
	return why(w, -ENODATA, "the vmcoreinfo has no %s(%s)", kind, name);
}

int log_number(const struct vmcore *v, uint64_t va, size_t size, uint64_t *ret, struct why *w)
{
	uint64_t raw = 0; /* little endian: a short number is the start of a long one */
	int r = vmcore_read(v, va, &raw, size, w);

	if (r == 0)
		*ret = le64toh(raw);
	return r;
}

int log_emit(struct log_sink *sink, const struct log_record *r)
{
	sink->nr++;
	return sink->record(sink->context, r);
}

int kernel_log_read(const struct vmcore *v, struct log_sink *sink, struct why *w)
{
	if (!v->info.text)
		return why(w, -ENODATA, "the dump has no vmcoreinfo, which tells where the log is");
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		if (!layouts[i]->mine(v))
			continue;
		sink->layout = layouts[i]->name;
		return layouts[i]->read(v, sink, w);
	}
	return why(w, -ENODATA, "the vmcoreinfo names no log that we know");
}
