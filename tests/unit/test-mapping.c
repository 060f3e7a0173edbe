// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes for a system call: where they are, and a file that is cut behind our back. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/mapping.h"

static void fill(struct blob *ret, size_t size)
{
	autofree unsigned char *bytes = malloc(size);

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 256);
	assert_int_equal(blob_memfd(ret, "test", NULL), 0);
	assert_int_equal(blob_append(ret, (struct span){ bytes, size }, NULL), 0);
}

static void check(const struct blob *b, uint64_t off, size_t len)
{
	autofree unsigned char *want = malloc(len);
	struct extent e = { b, off, len };
	struct mapping m;

	assert_non_null(want);
	assert_int_equal(extent_read(&e, 0, want, len, NULL), 0);
	assert_int_equal(mapping_open(&m, &e, NULL), 0);
	assert_memory_equal(m.bytes, want, len);
	mapping_done(&m);
	assert_null(m.bytes);
}

static void test_file(void **state)
{
	autoblob struct blob b = { 0 };

	(void)state;
	fill(&b, 20000);
	check(&b, 0, 20000);
	check(&b, 1, 19999);
	check(&b, 4095, 2);
	check(&b, 4096, 4096);
	check(&b, 12345, 1);
}

static void test_memory(void **state)
{
	autoblob struct blob b = { 0 };
	struct extent outside = { &b, 4, 3 };
	struct mapping m;

	(void)state;
	assert_int_equal(blob_copy(&b, (struct span){ (const unsigned char *)"memory", 6 }, "test",
				   NULL),
			 0);
	check(&b, 0, 6);
	check(&b, 2, 4);
	assert_int_equal(mapping_open(&m, &outside, NULL), -EBADMSG);
}

static void test_nothing(void **state)
{
	autoblob struct blob b = { 0 };
	struct mapping m;

	(void)state;
	assert_int_equal(mapping_open(&m, &(struct extent){ 0 }, NULL), 0);
	assert_null(m.bytes);
	fill(&b, 1);
	assert_int_equal(mapping_open(&m, &(struct extent){ &b, 1, 0 }, NULL), 0);
	assert_null(m.bytes);
	mapping_done(&m);
}

/* What kexec_load(2) would meet: an error from the kernel, no signal to us. */
static void test_cut(void **state)
{
	autoblob struct blob b = { 0 };
	struct mapping m;
	struct extent all;
	int pipes[2];

	(void)state;
	fill(&b, 20000);
	all = blob_whole(&b);
	assert_int_equal(mapping_open(&m, &all, NULL), 0);
	assert_int_equal(ftruncate(b.fd, 0), 0);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], m.bytes, 4096), -1);
	assert_int_equal(errno, EFAULT);
	close(pipes[0]);
	close(pipes[1]);
	mapping_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
