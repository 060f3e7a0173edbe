/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line shows up after a second, not too often, and goes away; unpacking tells how far it is. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/codec.h"
#include "lib/decompress.h"
#include "lib/limits.h"
#include "lib/progress.h"
#include "tests/unit/pack.h"

static uint64_t now;

static uint64_t test_clock(void)
{
	return now;
}

static void test_line(void **state)
{
	static const struct {
		uint64_t at, done;
		const char *shows; /* NULL: nothing new */
	} steps[] = {
		{ 5000, 10, NULL },   { 5999, 20, NULL },	{ 6000, 30, ": unpacking the kernel: 30 %" },
		{ 6099, 40, NULL },   { 6100, 50, "the kernel: 50 %" }, { 6101, 100, " \r" },
		/* The next job has patience of its own. */
		{ 6102, 10, NULL },   { 6150, 100, NULL },
	};
	autofree char *text = NULL;
	struct progress_line line;
	size_t size = 0, before = 0;
	FILE *f = open_memstream(&text, &size);
	struct progress *p = progress_stream(&line, f, test_clock);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		now = steps[i].at;
		p->report(p, "kernel", steps[i].done, 100);
		fflush(f);
		if (!steps[i].shows && size != before)
			fail_msg("step %zu shows %s", i, text + before);
		if (steps[i].shows && !strstr(text + before, steps[i].shows))
			fail_msg("step %zu: %s", i, text + before);
		before = size;
	}
	fclose(f);
}

/* What was reported. */
struct listener {
	struct progress progress;
	unsigned int calls, ends;
	uint64_t last, total;
};

static void listen(struct progress *p, const char *what, uint64_t done, uint64_t total)
{
	struct listener *l = (struct listener *)p;

	assert_string_equal(what, "kernel");
	assert_true(done <= total && done >= l->last);
	l->last = done;
	l->total = total;
	l->calls++;
	l->ends += done == total;
}

static int unpack(struct listener *l, const char *codec, const struct bytes *packed, uint64_t limit)
{
	autoblob struct blob in = bytes_blob(packed), out = { 0 };
	struct extent all = blob_whole(&in);
	int r;

	*l = (struct listener){ .progress.report = listen };
	in.progress = &l->progress;
	r = decompress(codec_by_name(codec), &all, &out, "kernel", limit, NULL);
	if (r == 0)
		assert_ptr_equal(out.progress, &l->progress);
	return r;
}

static void test_unpacking(void **state)
{
	autobytes struct bytes large = { 0 };
	uint32_t random = 1;

	(void)state;
	bytes_fill(&large, 0, 4 * STREAM_IN);
	for (size_t i = 0; i < large.size; i++) {
		random = random * 1664525 + 1013904223; /* any generator will do */
		large.data[i] = random >> 24;
	}
	for (const char *const *codec = pack_codecs; *codec; codec++) {
		autobytes struct bytes packed = { 0 };
		struct listener l;

		if (!pack(&packed, *codec, bytes_span(&large)))
			continue;
		assert_int_equal(unpack(&l, *codec, &packed, large.size), 0);
		assert_true(l.ends >= 1 && l.total == packed.size);
		if (strcmp(*codec, "gzip") != 0) /* may be done in one step */
			assert_true(l.calls > 4);
		/* It ends in failure as well. */
		assert_int_equal(unpack(&l, *codec, &packed, 100), -E2BIG);
		assert_true(l.ends >= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_unpacking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
