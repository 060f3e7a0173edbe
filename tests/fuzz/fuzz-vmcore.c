/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump: whatever it is, its log comes in text or a reason why not, and all of it is printable. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/log-text.h"
#include "lib/cleanup.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		PROMISE(text[i] == '\n' || text[i] == '\t' || (text[i] >= 0x20 && text[i] < 0x7f));
}

static void print(const struct vmcore *v, bool json)
{
	struct log_text text = { .json = json };
	struct log_sink sink = { .record = log_text_record, .context = &text };
	autofree char *out = NULL;
	struct why w = { 0 };
	size_t size;
	int r;

	text.out = open_memstream(&out, &size);
	PROMISE(text.out);
	log_text_begin(&text, v);
	r = kernel_log_read(v, &sink, &w);
	PROMISE(w.err ? w.text[0] && (r < 0 || sink.lost) : r == 0 && sink.lost == 0);
	PROMISE(log_text_end(&text, &sink, w.err ? w.text : NULL) == 0);
	fclose(text.out);
	check_text(out, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoblob struct blob b = { 0 };
	autovmcore struct vmcore v = { 0 };
	struct why w = { 0 };

	if (blob_copy(&b, (struct span){ data, size }, "input", NULL) < 0)
		return 0;
	if (vmcore_open_blob(&v, &b, &w) < 0) {
		PROMISE(w.err && w.text[0] && b.data);
		return 0;
	}
	print(&v, false);
	print(&v, true);
	return 0;
}
