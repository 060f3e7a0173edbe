// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "kdump/vmcore.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#define HEAD 64

static const struct dump_format *const formats[] = { &dump_elf, &dump_compressed, &dump_flattened };

int vmcore_open_blob(struct vmcore *ret, struct blob *file, struct why *w)
{
	struct vmcore v = { .file = *file };
	struct extent all = blob_whole(&v.file);
	unsigned char head[HEAD];
	int r = extent_head(&all, head, sizeof(head), w);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(formats) && !v.format; i++)
		if (formats[i]->probe((struct span){ head, r }))
			v.format = formats[i];
	if (!v.format)
		return why(w, -ENOEXEC, "is no dump of a kernel: neither ELF nor makedumpfile's");
	r = v.format->open(&v, w);
	if (r < 0) {
		v.file = (struct blob){ 0 }; /* still the caller's */
		vmcore_done(&v);
		return r;
	}
	*ret = v;
	*file = (struct blob){ 0 };
	return 0;
}

int vmcore_open(struct vmcore *ret, const char *path, struct why *w)
{
	autoblob struct blob file = { 0 };
	int r = blob_open_large(&file, path, w);

	return r < 0 ? r : vmcore_open_blob(ret, &file, w);
}

/* What memory has next to each other, a dump may have anywhere: one page at a time. */
static size_t piece_of(uint64_t address, size_t len)
{
	size_t left = VMCORE_PAGE - address % VMCORE_PAGE;

	return len < left ? len : left;
}

int vmcore_read_phys(const struct vmcore *v, uint64_t pa, void *ret, size_t len, struct why *w)
{
	unsigned char *out = ret;

	while (len) {
		size_t n = piece_of(pa, len);
		int r = v->format->read_phys(v, pa, out, n, w);

		if (r < 0)
			return r;
		pa += n;
		out += n;
		len -= n;
	}
	return 0;
}

static int read_piece(const struct vmcore *v, uint64_t va, void *ret, size_t len, struct why *w)
{
	struct why ignored = { 0 };
	uint64_t pa;
	int r = -ENXIO;

	if (v->format->read_virt)
		r = v->format->read_virt(v, va, ret, len, &ignored);
	if (r != -ENXIO)
		return r < 0 ? why(w, r, "%s", ignored.text) : 0;
	r = vmcore_translate(v, va, &pa, w);
	return r < 0 ? r : v->format->read_phys(v, pa, ret, len, w);
}

int vmcore_read(const struct vmcore *v, uint64_t va, void *ret, size_t len, struct why *w)
{
	unsigned char *out = ret;

	while (len) {
		size_t n = piece_of(va, len);
		int r = read_piece(v, va, out, n, w);

		if (r < 0)
			return r;
		va += n; /* past the last address comes 0, which nobody has */
		out += n;
		len -= n;
	}
	return 0;
}

void vmcore_done(struct vmcore *v)
{
	if (v->format)
		v->format->done(v);
	vmcoreinfo_done(&v->info);
	blob_done(&v->file);
	*v = (struct vmcore){ 0 };
}
