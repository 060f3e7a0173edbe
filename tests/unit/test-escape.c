/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile bytes come out fit for a terminal, and JSON as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/escape.h"
#include "lib/json.h"

/* What is printed into memory. */
struct out {
	FILE *f;
	char *text;
	size_t size;
};

static struct out *out_open(struct out *o)
{
	o->f = open_memstream(&o->text, &o->size);
	assert_non_null(o->f);
	return o;
}

static void out_is(struct out *o, const char *want)
{
	assert_int_equal(fclose(o->f), 0);
	assert_string_equal(o->text, want);
	free(o->text);
}

#define BYTES(s) ((struct span){ (const unsigned char *)(s), sizeof(s) - 1 })

static void test_text(void **state)
{
	struct out o;

	(void)state;
	escape_text(out_open(&o)->f, BYTES("a 'b' \\ \n\t\r\x1b[31m\x7f\xc3\xa9\0z"), '\'');
	out_is(&o, "a \\'b\\' \\\\ \\n\\t\\x0d\\x1b[31m\\x7f\\xc3\\xa9\\x00z");
	escape_text(out_open(&o)->f, BYTES("'\""), 0);
	out_is(&o, "'\"");
}

static void test_json_string(void **state)
{
	static const struct {
		struct span in;
		const char *want;
	} cases[] = {
		{ BYTES("plain"), "plain" },
		{ BYTES("\"\\\n\t\x01\x7f\0"), "\\\"\\\\\\n\\u0009\\u0001\\u007f\\u0000" },
		{ BYTES("\xc3\xa9"), "\\u00e9" },
		{ BYTES("\xe2\x80\xae"), "\\u202e" },
		{ BYTES("\xf0\x9f\x90\xa7"), "\\ud83d\\udc27" },
		{ BYTES("\xf4\x8f\xbf\xbf"), "\\udbff\\udfff" },
		/* No UTF-8: alone, cut, overlong, a surrogate, too large. */
		{ BYTES("\xa9z"), "\\ufffdz" },
		{ BYTES("\xc3"), "\\ufffd" },
		{ BYTES("\xc3z"), "\\ufffdz" },
		{ BYTES("\xe2\x80"), "\\ufffd\\ufffd" },
		{ BYTES("\xc0\xaf"), "\\ufffd\\ufffd" },
		{ BYTES("\xe0\x9f\xbf"), "\\ufffd\\ufffd\\ufffd" },
		{ BYTES("\xf0\x8f\xbf\xbf"), "\\ufffd\\ufffd\\ufffd\\ufffd" },
		{ BYTES("\xed\xa0\x80"), "\\ufffd\\ufffd\\ufffd" },
		{ BYTES("\xf4\x90\x80\x80"), "\\ufffd\\ufffd\\ufffd\\ufffd" },
		{ BYTES("\xff"), "\\ufffd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct out o;

		escape_json(out_open(&o)->f, cases[i].in);
		out_is(&o, cases[i].want);
	}
}

static void test_line(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "", "" },
		{ "a 'b'\\ \n\t\x1b[31m\x7fz", "a 'b'\\ ???[31m?z" },
		{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7" },
		/* Controls of two bytes, with characters beside them that are none. */
		{ "\xc2\x9b" "2J", "?2J" },
		{ "\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0" },
		{ "\x9b" "2J\xff", "?2J?" },
		/* A character that was cut. */
		{ "a\xe2\x82", "a??" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autofree char *text = strdup(cases[i].in);

		escape_line(text);
		assert_string_equal(text, cases[i].want);
	}
}

static void test_json(void **state)
{
	struct json j = { 0 };
	struct out o;

	(void)state;
	j.f = out_open(&o)->f;
	json_object(&j, NULL);
	json_number(&j, "n", UINT64_MAX);
	json_array(&j, "empty");
	json_end(&j);
	json_array(&j, "list");
	json_string(&j, NULL, "a\"b");
	json_object(&j, NULL);
	json_bool(&j, "yes", true);
	json_end(&j);
	json_bool(&j, NULL, false);
	json_end(&j);
	json_string(&j, "none", NULL);
	json_end(&j);
	out_is(&o, "{\n  \"n\": 18446744073709551615,\n  \"empty\": [],\n  \"list\": [\n"
		   "    \"a\\\"b\",\n    {\n      \"yes\": true\n    },\n    false\n  ],\n"
		   "  \"none\": null\n}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_json_string),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
