// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's log in all its layouts: as text, as JSON, and where it is damaged. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/dumps.h"

#define STICKS "||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||"

static int log_of(const struct dump *d, bool json, char **ret_text, struct log_sink *sink,
		  struct why *w)
{
	autobytes struct bytes file = { 0 };

	dump_as_elf(&file, d);
	return dump_log(&file, json, ret_text, sink, w);
}

static void check_text(const struct dump *d, const char *want)
{
	autofree char *text = NULL;
	struct log_sink sink;
	struct why w = { 0 };

	assert_int_equal(log_of(d, false, &text, &sink, &w), 0);
	assert_string_equal(text, want);
	assert_int_equal(sink.lost, 0);
	assert_int_equal(w.err, 0);
}

/* What is left is printed, @lost are missing, @reason says why. */
static void check_lost(const struct dump *d, const char *want, unsigned int lost,
		       const char *reason)
{
	autofree char *text = NULL;
	struct log_sink sink;
	struct why w = { 0 };

	assert_int_equal(log_of(d, false, &text, &sink, &w), 0);
	assert_string_equal(text, want);
	assert_int_equal(sink.lost, lost);
	if (!strstr(w.text, reason))
		fail_msg("\"%s\", not \"%s\"", w.text, reason);
}

static int refused(const struct dump *d, const char *reason)
{
	autofree char *text = NULL;
	struct log_sink sink;
	struct why w = { 0 };
	int r = log_of(d, false, &text, &sink, &w);

	if (r == 0 || !strstr(w.text, reason))
		fail_msg("%d \"%s\", not \"%s\"", r, w.text, reason);
	assert_string_equal(text, "");
	return r;
}

/* ---- ring ---- */

static void fill_ring(struct ring_writer *r, struct dump *d)
{
	ring_make(r, d);
	ring_add(r, "first");
	ring_add(r, "two\nlines\tand\x1b[1m \xc3\xa9 \"\\");
	ring_add_empty(r, 3);
	ring_add_empty(r, 1); /* lost for good, by the kernel itself */
	ring_add(r, STICKS STICKS);
	ring_add(r, STICKS STICKS); /* goes round */
	ring_add(r, "");
	ring_add(r, "last");
}

#define RING_TEXT                                                  \
	"[    0.000001] first\n"                                   \
	"[    1.500001] two\nlines\tand\\x1b[1m \\xc3\\xa9 \"\\\n" \
	"[    3.000001] \n"                                        \
	"[    6.000001] " STICKS STICKS "\n"                       \
	"[    7.500001] " STICKS STICKS "\n"                       \
	"[    9.000001] \n"

static void test_ring(void **state)
{
	static const size_t words[] = { 8, 4 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		autodump struct dump d;
		struct ring_writer r;

		dump_make(&d, words[i]);
		fill_ring(&r, &d);
		check_text(&d, RING_TEXT "[   10.500001] last\n");
	}
}

static void test_ring_json(void **state)
{
	autodump struct dump d;
	autofree char *text = NULL;
	struct ring_writer r;
	struct log_sink sink;
	struct why w = { 0 };

	(void)state;
	dump_make(&d, 8);
	ring_make(&r, &d);
	ring_add(&r, "first");
	ring_add(&r, "two\nlines\tand\x1b \xc3 \"\\");
	bytes_set(&d.mem, RING_DESC(ring_add(&r, "gone")) + 8, 8, 0);
	assert_int_equal(log_of(&d, true, &text, &sink, &w), 0);
	assert_string_equal(
		text, "{\n  \"release\": \"6.0.0-test\",\n  \"records\": [\n"
		      "    {\"seq\": 0, \"time_ns\": 1999, \"thread\": 42, \"text\": \"first\"},\n"
		      "    {\"seq\": 1, \"time_ns\": 1500001999, \"cpu\": 3, \"text\": "
		      "\"two\\nlines\\tand\\\\x1b \\\\xc3 \\\"\\\\\"}\n"
		      "  ],\n  \"layout\": \"ring\",\n  \"lost\": 0,\n  \"complete\": true,\n"
		      "  \"reason\": null\n}\n");
}

/* Older records make room: 16 descriptors. */
static void test_ring_full(void **state)
{
	autodump struct dump d;
	struct ring_writer r;
	char want[1024] = "", text[16];

	(void)state;
	dump_make(&d, 8);
	ring_make(&r, &d);
	for (unsigned int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "%u", i);
		ring_add(&r, text);
		if (i >= 24)
			snprintf(want + strlen(want), sizeof(want) - strlen(want),
				 "[%5u.%06u] %u\n", i * 3 / 2, i % 2 * 500000 + 1, i);
	}
	check_text(&d, want);
}

/* A text that ends where the ring does; one whose length is more than its block has. */
static void test_ring_blocks(void **state)
{
	static const char sticks[] = STICKS STICKS STICKS STICKS "12345678";
	autodump struct dump d, empty = { 0 };
	char want[512];
	struct ring_writer r;

	(void)state;
	dump_make(&d, 8);
	ring_make(&r, &d);
	ring_add(&r, sticks);
	assert_int_equal(r.lpos & 511, 0);
	bytes_set(&d.mem, RING_INFO(ring_add(&r, "12345678")) + 4, 2, 60000);
	snprintf(want, sizeof(want), "[    0.000001] %s\n[    1.500001] 12345678\n", sticks);
	check_text(&d, want);

	dump_make(&empty, 8);
	ring_make(&r, &empty);
	ring_add(&r, "one");
	bytes_set(&empty.mem, RING_DESC(ring_add(&r, "two")) + 16, 8, r.lpos - 16);
	check_lost(&empty, "[    0.000001] one\n", 1, "is damaged");
}

/* Records that a CPU had begun when it was stopped are nobody's loss. */
static void test_ring_in_flight(void **state)
{
	autodump struct dump d;
	struct ring_writer r;

	(void)state;
	dump_make(&d, 8);
	ring_make(&r, &d);
	ring_add(&r, "one");
	bytes_set(&d.mem, RING_DESC(ring_add(&r, "reserved")) + 8, 8, r.mask - 1);
	ring_add(&r, "two");
	bytes_set(&d.mem, RING_DESC(ring_add(&r, "without a number")) + 8, 8, 0);
	check_text(&d, "[    0.000001] one\n[    3.000001] two\n");
}

static void test_ring_damaged(void **state)
{
	autodump struct dump text = { 0 }, ends = { 0 }, zeros = { 0 }, block = { 0 };
	struct ring_writer r;
	unsigned int i;

	(void)state;
	dump_make(&text, 8);
	fill_ring(&r, &text);
	bytes_set(&text.mem, RING_DATA + 256, 8, 77); /* where "first" has its number */
	check_lost(&text, strchr(RING_TEXT "[   10.500001] last\n", '\n') + 1, 1, "is damaged");
	dump_make(&ends, 8);
	fill_ring(&r, &ends);
	bytes_set(&ends.mem, RING_AT_TAIL, 8, 0x12345);
	check_lost(&ends, RING_TEXT "[   10.500001] last\n", 1, "ends are damaged");
	dump_make(&zeros, 8);
	ring_make(&r, &zeros);
	bytes_set(&zeros.mem, RING_AT_HEAD, 8, r.id);
	check_lost(&zeros, "", 1, "no record");
	dump_make(&block, 8);
	ring_make(&r, &block);
	ring_add(&r, "one");
	i = ring_add(&r, "two");
	bytes_set(&block.mem, RING_DESC(i) + 16, 8, r.lpos + 100000);
	ring_add(&r, "three");
	check_lost(&block, "[    0.000001] one\n[    3.000001] three\n", 1, "is damaged");
}

static void test_ring_refused(void **state)
{
	static const char *const needed[] = {
		"SIZE(atomic_long_t)",
		"OFFSET(atomic_long_t.counter)",
		"OFFSET(printk_ringbuffer.desc_ring)",
		"OFFSET(printk_ringbuffer.text_data_ring)",
		"OFFSET(prb_desc_ring.count_bits)",
		"OFFSET(prb_desc_ring.descs)",
		"OFFSET(prb_desc_ring.infos)",
		"OFFSET(prb_desc_ring.tail_id)",
		"OFFSET(prb_desc_ring.head_id)",
		"OFFSET(prb_data_ring.size_bits)",
		"OFFSET(prb_data_ring.data)",
		"SIZE(prb_desc)",
		"OFFSET(prb_desc.state_var)",
		"OFFSET(prb_desc.text_blk_lpos)",
		"OFFSET(prb_data_blk_lpos.begin)",
		"OFFSET(prb_data_blk_lpos.next)",
		"SIZE(printk_info)",
		"OFFSET(printk_info.seq)",
		"OFFSET(printk_info.ts_nsec)",
		"OFFSET(printk_info.text_len)",
		"OFFSET(printk_info.caller_id)",
	};
	struct ring_writer r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		autodump struct dump d;

		dump_make(&d, 8);
		fill_ring(&r, &d);
		dump_forget(&d, needed[i]);
		assert_int_equal(refused(&d, needed[i]), -ENODATA);
	}
}

static void test_ring_values(void **state)
{
	static const struct {
		unsigned int at, width;
		uint64_t value;
		int err;
		const char *reason;
	} cases[] = {
		{ RING_AT_COUNT, 4, 27, -EBADMSG, "2^27 records" },
		{ RING_AT_SIZE_BITS, 4, 32, -EBADMSG, "2^32 bytes" },
		{ 0, 8, 0x1000, -ENXIO, "not mapped" }, /* prb itself */
		{ 0, 8, UINT64_MAX - 3, -ENXIO, "" },
	};
	autodump struct dump none = { 0 };
	struct ring_writer r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autodump struct dump d;

		dump_make(&d, 8);
		fill_ring(&r, &d);
		bytes_set(&d.mem, cases[i].at, cases[i].width, cases[i].value);
		assert_int_equal(refused(&d, cases[i].reason), cases[i].err);
	}
	dump_make(&none, 8);
	assert_int_equal(refused(&none, "names no log"), -ENODATA);
}

/* ---- records ---- */

static void test_records(void **state)
{
	(void)state;
	for (int old = 0; old < 2; old++) {
		autodump struct dump d;
		size_t second;

		dump_make(&d, 8);
		records_make(&d, old);
		records_add(&d, 1, "overwritten");
		second = records_add(&d, 12345678901234, "second\nof \x01 two");
		records_add(&d, 2000999, STICKS);
		records_add(&d, 3000000, "");
		check_text(&d, "[    0.000000] overwritten\n"
			       "[12345.678901] second\nof \\x01 two\n"
			       "[    0.002000] " STICKS "\n[    0.003000] \n");
		records_wrap(&d);
		records_first(&d, second);
		records_add(&d, 4000000, "again");
		check_text(&d, "[12345.678901] second\nof \\x01 two\n"
			       "[    0.002000] " STICKS "\n[    0.003000] \n"
			       "[    0.004000] again\n");
	}
}

static void test_records_damaged(void **state)
{
	static const struct {
		unsigned int field, value; /* of the second record: len at 2, text_len at 0 */
	} cases[] = { { 2, 16 }, { 2, 65528 }, { 0, 60000 }, { 2, 0 }, { 0, 9 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autodump struct dump d;
		size_t second;

		dump_make(&d, 8);
		records_make(&d, false);
		records_add(&d, 1, "one");
		second = records_add(&d, 1, "two 4567");
		records_add(&d, 1, "three");
		bytes_set(&d.mem, RECORDS_AT + second + cases[i].field, 2, cases[i].value);
		check_lost(&d, "[    0.000000] one\n", 1, "is damaged");
	}
}

static void test_records_refused(void **state)
{
	static const char *const needed[] = { "SYMBOL(log_buf)",
					      "SYMBOL(log_buf_len)",
					      "SYMBOL(log_next_idx)",
					      "SIZE(printk_log)",
					      "OFFSET(printk_log.ts_nsec)",
					      "OFFSET(printk_log.len)",
					      "OFFSET(printk_log.text_len)" };
	autodump struct dump first = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		autodump struct dump d;

		dump_make(&d, 8);
		records_make(&d, false);
		records_add(&d, 1, "one");
		dump_forget(&d, needed[i]);
		assert_int_equal(refused(&d, needed[i]), -ENODATA);
	}
	dump_make(&first, 8);
	records_make(&first, false);
	records_first(&first, RECORDS_SIZE);
	assert_int_equal(refused(&first, "from 256 to 0"), -EBADMSG);
}

/* A ring whose records lead round and round without meeting the end. */
static void test_records_endless(void **state)
{
	autodump struct dump d;
	autofree char *text = NULL;
	struct log_sink sink;
	struct why w = { 0 };

	(void)state;
	dump_make(&d, 8);
	records_make(&d, false);
	records_add(&d, 1, "one");
	records_add(&d, 1, "two");
	records_wrap(&d);
	records_first(&d, 32);
	bytes_set(&d.mem, RECORDS_AT_NEXT, 4, 5);
	assert_int_equal(log_of(&d, false, &text, &sink, &w), 0);
	assert_int_equal(sink.lost, 1);
	assert_true(sink.nr < 100);
}

/* ---- flat ---- */

static void test_flat(void **state)
{
	autodump struct dump young = { 0 }, old = { 0 }, bad = { 0 };
	autofree char *json = NULL;
	struct log_sink sink;
	struct why w = { 0 };

	(void)state;
	dump_make(&young, 8);
	flat_make(&young, "<6>[    0.0] one\n<4>two\x7f");
	check_text(&young, "<6>[    0.0] one\n<4>two\\x7f\n");
	assert_int_equal(log_of(&young, true, &json, &sink, &w), 0);
	assert_string_equal(json, "{\n  \"release\": \"6.0.0-test\",\n  \"records\": [\n"
				  "    {\"text\": \"<6>[    0.0] one\\n<4>two\\\\x7f\"}\n"
				  "  ],\n  \"layout\": \"flat\",\n  \"lost\": 0,\n"
				  "  \"complete\": true,\n  \"reason\": null\n}\n");
	dump_make(&old, 8);
	flat_make(&old, "lost\n" STICKS "abc\n");
	check_text(&old, STICKS "abc\n");
	bytes_set(&old.mem, 0x40, 4, 63);
	assert_int_equal(refused(&old, "63 bytes"), -EBADMSG);
	dump_make(&bad, 8);
	flat_make(&bad, "text");
	dump_forget(&bad, "SYMBOL(logged_chars)");
	assert_int_equal(refused(&bad, "SYMBOL(logged_chars)"), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_ring_json),
		cmocka_unit_test(test_ring_full),
		cmocka_unit_test(test_ring_blocks),
		cmocka_unit_test(test_ring_in_flight),
		cmocka_unit_test(test_ring_damaged),
		cmocka_unit_test(test_ring_refused),
		cmocka_unit_test(test_ring_values),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_records_damaged),
		cmocka_unit_test(test_records_refused),
		cmocka_unit_test(test_records_endless),
		cmocka_unit_test(test_flat),
	};

	return cmocka_run_group_tests_name("kernel-log", tests, NULL, NULL);
}
