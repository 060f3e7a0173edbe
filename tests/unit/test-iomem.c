// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/iomem: its lines, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/iomem.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

static int parse(struct iomem *ret, const char *text, struct why *w)
{
	autofree char *copy = strdup(text);

	assert_non_null(copy);
	return iomem_parse(ret, copy, w);
}

static void check_line(const struct iomem *m, size_t i, uint64_t start, uint64_t end,
		       unsigned int depth, const char *name)
{
	assert_true(i < m->nr);
	assert_int_equal(m->lines[i].start, start);
	assert_int_equal(m->lines[i].end, end);
	assert_int_equal(m->lines[i].depth, depth);
	assert_string_equal(m->lines[i].name, name);
}

static void test_lines(void **state)
{
	autoiomem struct iomem m = { 0 };

	(void)state;
	assert_int_equal(parse(&m,
			       "00000000-00000fff : Reserved\n"
			       "00100000-7ffdffff : System RAM\n"
			       "  01000000-01dfffff : Kernel code\n"
			       "    01000000-01000000 : one byte : with a colon\n"
			       "febc0000-ffffffffffffffff : tab\there\n",
			       NULL),
			 0);
	assert_int_equal(m.nr, 5);
	check_line(&m, 0, 0, 0x1000, 0, "Reserved");
	check_line(&m, 1, 0x100000, 0x7ffe0000, 0, "System RAM");
	check_line(&m, 2, 0x1000000, 0x1e00000, 1, "Kernel code");
	check_line(&m, 3, 0x1000000, 0x1000001, 2, "one byte : with a colon");
	check_line(&m, 4, 0xfebc0000, UINT64_MAX, 0, "tab?here");
}

static void test_long_name(void **state)
{
	autoiomem struct iomem m = { 0 };
	char text[200] = "0-fff : ";

	(void)state;
	memset(text + strlen(text), 'x', 100);
	assert_int_equal(parse(&m, text, NULL), 0);
	assert_int_equal(strlen(m.lines[0].name), sizeof(m.lines[0].name) - 1);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int err;
	} table[] = {
		{ "", -EBADMSG },
		{ "\n\n", -EBADMSG },
		{ "00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n", -EPERM },
		{ "00001000-00000fff : backwards\n", -EBADMSG },
		{ " 00001000-00001fff : odd\n", -EBADMSG },
		{ "\t00001000-00001fff : tab\n", -EBADMSG },
		{ "-1000-1fff : sign\n", -EBADMSG },
		{ "1000--1fff : sign\n", -EBADMSG },
		{ "0x1000-0x1fff : prefix\n", -EBADMSG },
		{ "1000-1fff: no blank\n", -EBADMSG },
		{ "1000-1fff\n", -EBADMSG },
		{ "1000-\n", -EBADMSG },
		{ "1000-10000000000000000 : 65 bits\n", -EBADMSG },
		{ "1000-1fff : good\nbad\n", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct iomem m = { 0 };
		struct why w = { 0 };

		assert_int_equal(parse(&m, table[i].text, &w), table[i].err);
		assert_int_equal(w.err, table[i].err);
		assert_null(m.lines);
	}
}

static void test_too_many(void **state)
{
	static const char line[] = "1-2 : x\n";
	struct iomem m = { 0 };
	size_t len = strlen(line);
	autofree char *text = malloc((LIMIT_IOMEM_LINES + 1) * len + 1);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= LIMIT_IOMEM_LINES; i++)
		memcpy(text + i * len, line, len + 1);
	assert_int_equal(parse(&m, text, NULL), -E2BIG);
	text[LIMIT_IOMEM_LINES * len] = '\0';
	assert_int_equal(parse(&m, text, NULL), 0);
	assert_int_equal(m.nr, LIMIT_IOMEM_LINES);
	iomem_done(&m);
}

static void test_machines(void **state)
{
	static const struct {
		const char *name;
		int err;
	} machines[] = {
		{ "debian-bios", 0 },
		{ "kdump-reserved", 0 },
		{ "kdump-unprivileged", -EPERM },
		{ "no-sysfs", -ENOENT },
	};
	const char *top = getenv("top_srcdir");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		autoiomem struct iomem m = { 0 };
		struct sys sys = { 0 };
		char root[256];

		snprintf(root, sizeof(root), "%s/tests/sysroot/%s", top ? top : ".",
			 machines[i].name);
		sys.root = root;
		assert_int_equal(iomem_read(&m, &sys, NULL), machines[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
