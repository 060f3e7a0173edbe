// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Logs out of real dumps, of which tests/kdump/record has kept what vmcore-dmesg reads.
 * What makedumpfile prints of the same dump is the judge.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/decompress.h"
#include "tests/unit/dumps.h"

#ifdef HAVE_LZMA
#define MIB (UINT64_C(1) << 20)

/* Unpacks tests/kdump/@name-@what.xz, which the caller frees. */
static struct bytes unpack(const char *name, const char *what)
{
	autoblob struct blob packed = { 0 }, plain = { 0 };
	autofree char *path = NULL;
	struct bytes ret = { 0 };
	struct extent all;
	struct why w = { 0 };
	int r;

	assert_true(asprintf(&path, "%s/tests/kdump/%s-%s.xz", getenv("top_srcdir"), name, what) >
		    0);
	r = blob_open(&packed, path, &w);
	if (r == 0) {
		all = blob_whole(&packed);
		r = decompress(codec_by_name("xz"), &all, &plain, what, 16 * MIB, &w);
	}
	if (r < 0)
		fail_msg("%s: %s", path, w.text);
	all = blob_whole(&plain);
	assert_int_equal(extent_dup(&all, 0, all.len, &ret.data, &w), 0);
	ret.size = all.len;
	return ret;
}

static uint64_t number(struct bytes *from, size_t *at)
{
	uint64_t value;

	assert_true(from->size - *at >= sizeof(value));
	memcpy(&value, from->data + *at, sizeof(value));
	*at += sizeof(value);
	return le64toh(value);
}

/* The dump with all its bytes where they were, and holes. Returns its descriptor. */
static int expand(const char *name, const char *what)
{
	struct bytes pieces = unpack(name, what);
	int fd = memfd_create(name, MFD_CLOEXEC);
	size_t at = 0;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, number(&pieces, &at)), 0);
	while (at < pieces.size) {
		uint64_t off = number(&pieces, &at), len = number(&pieces, &at);

		assert_true(len <= pieces.size - at);
		assert_int_equal(pwrite(fd, pieces.data + at, len, off), len);
		at += len;
	}
	free(pieces.data);
	return fd;
}

static void check(const char *name, const char *what)
{
	struct bytes want = unpack(name, "dmesg");
	autoclose int fd = expand(name, what);
	autovmcore struct vmcore v = { 0 };
	autofree char *got = NULL;
	struct log_sink sink;
	struct why w = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (vmcore_open(&v, path, &w) < 0 || dump_text(&v, false, &got, &sink, &w) < 0)
		fail_msg("%s-%s: %s", name, what, w.text);
	assert_int_equal(sink.lost, 0);
	assert_int_equal(strlen(got), want.size);
	assert_memory_equal(got, want.data, want.size);
	assert_non_null(strstr(got, "Linux version "));
	assert_non_null(strstr(got, "Kernel panic - not syncing: sysrq triggered crash"));
	free(want.data);
}

static void check_both(void **state)
{
	check(*state, "elf");
#ifdef HAVE_ZLIB
	check(*state, "compressed");
#endif
}
#else
static void check_both(void **state)
{
	(void)state;
	skip();
}
#endif

int main(void)
{
	static char linux_6_1[] = "6.1", linux_6_12[] = "6.12", linux_7[] = "7", arm64[] = "arm64";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(check_both, linux_6_1),
		cmocka_unit_test_prestate(check_both, linux_6_12),
		cmocka_unit_test_prestate(check_both, linux_7),
		cmocka_unit_test_prestate(check_both, arm64),
	};

	return cmocka_run_group_tests_name("real dumps", tests, NULL, NULL);
}
