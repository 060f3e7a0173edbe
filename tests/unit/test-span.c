/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checked reads, and the one reason. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/span.h"
#include "lib/why.h"

static const struct span eight = { (const unsigned char *)"\x01\x02\x03\x04\x05\x06\x07\x88", 8 };

static void test_range(void **state)
{
	(void)state;
	assert_true(range_fits(8, 0, 8));
	assert_true(range_fits(8, 8, 0));
	assert_true(range_fits(0, 0, 0));
	assert_false(range_fits(8, 0, 9));
	assert_false(range_fits(8, 9, 0));
	assert_false(range_fits(8, 1, 8));
	assert_false(range_fits(8, 1, UINT64_MAX)); /* the sum would be 0 */
	assert_false(range_fits(8, UINT64_MAX, 1));
	assert_true(range_fits(UINT64_MAX, UINT64_MAX, 0));
}

static void test_sub(void **state)
{
	struct span s = { 0 };

	(void)state;
	assert_true(span_sub(&s, eight, 2, 3));
	assert_ptr_equal(s.data, eight.data + 2);
	assert_int_equal(s.size, 3);
	assert_false(span_sub(&s, eight, 6, 3));
	assert_int_equal(s.size, 3); /* untouched */
	assert_true(span_sub(&s, (struct span){ 0 }, 0, 0));
	assert_null(s.data);
}

static void test_get(void **state)
{
	unsigned char to[3] = "ab";

	(void)state;
	assert_false(span_get(to, eight, 6, 3));
	assert_string_equal((char *)to, "ab");
	assert_true(span_get(to, eight, 5, 3));
	assert_memory_equal(to, "\x06\x07\x88", 3);
	assert_true(span_get(to, (struct span){ 0 }, 0, 0));
}

static void test_numbers(void **state)
{
	uint16_t v16 = 1;
	uint32_t v32 = 1;
	uint64_t v64 = 1;

	(void)state;
	assert_true(span_le16(eight, 6, &v16));
	assert_int_equal(v16, 0x8807);
	assert_true(span_le32(eight, 4, &v32));
	assert_int_equal(v32, 0x88070605);
	assert_true(span_le64(eight, 0, &v64));
	assert_true(v64 == UINT64_C(0x8807060504030201));
	assert_false(span_le16(eight, 7, &v16));
	assert_false(span_le32(eight, 5, &v32));
	assert_false(span_le64(eight, 1, &v64));
	assert_int_equal(v32, 0x88070605);
}

static void test_is(void **state)
{
	(void)state;
	assert_true(span_is(eight, 1, "\x02\x03", 2));
	assert_false(span_is(eight, 1, "\x02\x04", 2));
	assert_false(span_is(eight, 7, "\x88\x00", 2)); /* one byte short */
}

static void test_first_reason_wins(void **state)
{
	struct why w = { 0 };

	(void)state;
	assert_int_equal(why(&w, -EBADMSG, "section %d", 3), -EBADMSG);
	assert_int_equal(why(&w, -E2BIG, "vaguer"), -E2BIG);
	assert_int_equal(w.err, -EBADMSG);
	assert_string_equal(w.text, "section 3");
	why_prefix(&w, "inside the %s: ", "UKI");
	assert_string_equal(w.text, "inside the UKI: section 3");
	why_clear(&w);
	why_prefix(&w, "nothing to put this before: ");
	assert_string_equal(w.text, "");
	assert_int_equal(why(NULL, -ENOMEM, "nobody listens"), -ENOMEM);
}

static void test_reason_is_printable(void **state)
{
	char longer[WHY_SIZE + 10];
	struct why w = { 0 };

	(void)state;
	why(&w, -EBADMSG, "section %s", "\x1b[31m\n\x7f\t");
	assert_string_equal(w.text, "section ?[31m???");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	why_prefix(&w, "%s", longer);
	assert_int_equal(strlen(w.text), WHY_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_sub),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_first_reason_wins),
		cmocka_unit_test(test_reason_is_printable),
	};

	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
