/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening files, ranges of them, memfds. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/blob.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/unit/images.h"

static char dir[] = "/tmp/kexec-test-XXXXXX"; /* files of a test are in here */

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	autoclose int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void check_open(const char *path, int err, const char *phrase)
{
	autoblob struct blob b = { 0 };
	struct why w = { 0 };

	check_refused(path, blob_open(&b, path, &w), &w, err, phrase);
	assert_int_equal(b.kind, BLOB_NONE);
}

static void test_open(void **state)
{
	autoblob struct blob b = { 0 };

	(void)state;
	write_file("good", "hello");
	assert_int_equal(blob_open(&b, path_of("good"), NULL), 0);
	unlink(path_of("good"));
	assert_int_equal(b.kind, BLOB_FILE);
	assert_int_equal(b.size, 5);
	assert_string_equal(b.name, path_of("good"));
	assert_int_equal(fcntl(b.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(b.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

static void test_open_refused(void **state)
{
	(void)state;
	check_open(path_of("missing"), -ENOENT, "No such file");
	check_open(dir, -EISDIR, "is a directory");
	check_open("/dev/null", -EINVAL, "is not a regular file");
	write_file("empty", "");
	check_open(path_of("empty"), -ENODATA, "is empty");
	unlink(path_of("empty"));
	write_file("plain", "x");
	check_open(path_of("plain/below"), -ENOTDIR, "Not a directory");
	unlink(path_of("plain"));
}

/* Without a writer, an ordinary open() would wait for one for ever. */
static void test_fifo_does_not_block(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	alarm(10);
	check_open(path_of("fifo"), -EINVAL, "is not a regular file");
	alarm(0);
	unlink(path_of("fifo"));
}

static void test_file_size_limit(void **state)
{
	autoblob struct blob b = { 0 };

	(void)state;
	write_file("sparse", "x");
	if (truncate(path_of("sparse"), LIMIT_FILE_SIZE + 1) < 0) {
		unlink(path_of("sparse")); /* this file system cannot hold it */
		skip();
	}
	check_open(path_of("sparse"), -E2BIG, "larger than 4 GiB");
	assert_int_equal(truncate(path_of("sparse"), LIMIT_FILE_SIZE), 0);
	assert_int_equal(blob_open(&b, path_of("sparse"), NULL), 0);
	unlink(path_of("sparse"));
	assert_true(b.size == LIMIT_FILE_SIZE);
}

static void test_file_that_shrinks(void **state)
{
	autoblob struct blob b = { 0 }, memfd = { 0 };
	struct why w = { 0 };
	unsigned char *copy = NULL;
	struct extent all;
	char to[8] = "before";
	int r;

	(void)state;
	write_file("shrinks", "0123456789");
	assert_int_equal(blob_open(&b, path_of("shrinks"), NULL), 0);
	r = truncate(path_of("shrinks"), 4);
	unlink(path_of("shrinks"));
	assert_int_equal(r, 0);
	all = blob_whole(&b);
	check_refused("read", extent_read(&all, 2, to, 4, &w), &w, -EIO, "became shorter");
	assert_int_equal(extent_dup(&all, 0, 10, &copy, NULL), -EIO);
	assert_null(copy);
	assert_int_equal(blob_memfd(&memfd, "copy", NULL), 0);
	w = (struct why){ 0 };
	check_refused("append", blob_append_extent(&memfd, &all, &w), &w, -EIO, "became shorter");
	assert_int_equal(extent_read(&all, 0, to, 4, NULL), 0); /* what is there is there */
	assert_memory_equal(to, "0123", 4);
}

static void test_extent_bounds(void **state)
{
	autoblob struct blob b = { 0 };
	struct extent all, sub, untouched = { .len = 77 };

	(void)state;
	assert_int_equal(blob_copy(&b, TEXT("0123456789"), "digits", NULL), 0);
	all = blob_whole(&b);
	assert_true(extent_is_whole(&all));
	assert_true(extent_sub(&sub, &all, 2, 5));
	assert_int_equal(sub.off, 2);
	assert_false(extent_is_whole(&sub));
	assert_true(extent_sub(&sub, &sub, 1, 4)); /* onto itself */
	assert_int_equal(sub.off, 3);
	assert_int_equal(sub.len, 4);
	assert_true(extent_sub(&sub, &sub, 4, 0));
	assert_int_equal(sub.off, 7);

	assert_false(extent_sub(&untouched, &all, 0, 11));
	assert_false(extent_sub(&untouched, &all, 11, 0));
	assert_false(extent_sub(&untouched, &all, 1, UINT64_MAX)); /* the sum would be 0 */
	assert_false(extent_sub(&untouched, &all, UINT64_MAX, 1));
	assert_int_equal(untouched.len, 77);
	assert_true(extent_sub(&sub, &all, 0, 9));
	assert_false(extent_is_whole(&sub));
}

static void check_reads(const struct blob *b)
{
	struct extent all = blob_whole(b), middle;
	unsigned char *copy = NULL;
	char to[16] = "before";
	struct why w = { 0 };

	assert_int_equal(all.len, 10);
	assert_true(extent_sub(&middle, &all, 2, 5));
	assert_int_equal(extent_read(&middle, 1, to, 4, NULL), 0);
	assert_memory_equal(to, "3456re", 6);
	/* The blob has these bytes, the extent has not. */
	check_refused("read", extent_read(&middle, 1, to, 5, &w), &w, -EBADMSG, "ends early");
	assert_int_equal(extent_head(&middle, to, sizeof(to), NULL), 5);
	assert_memory_equal(to, "23456", 5);
	assert_int_equal(extent_head(&middle, to, 3, NULL), 3);
	assert_int_equal(extent_dup(&middle, 2, 3, &copy, NULL), 0);
	assert_memory_equal(copy, "456", 3);
	free(copy);
	copy = NULL;
	assert_int_equal(extent_dup(&middle, 2, SIZE_MAX, &copy, NULL), -EBADMSG);
	assert_int_equal(extent_dup(&middle, 5, 1, &copy, NULL), -EBADMSG);
	assert_null(copy);
}

static void test_reads(void **state)
{
	autobytes struct bytes digits = { 0 };
	autoblob struct blob memory = { 0 }, file = { 0 }, memfd = { 0 };

	(void)state;
	bytes_add(&digits, "0123456789", 10);
	memory = bytes_blob(&digits);
	check_reads(&memory);
	file = bytes_file(&digits);
	check_reads(&file);
	assert_int_equal(blob_memfd(&memfd, "digits", NULL), 0);
	assert_int_equal(blob_append(&memfd, bytes_span(&digits), NULL), 0);
	check_reads(&memfd);
}

static void test_copy_is_its_own(void **state)
{
	autobytes struct bytes text = { 0 };
	autoblob struct blob b = { 0 }, empty = { 0 };
	struct extent all;
	char to[3] = "";

	(void)state;
	bytes_add(&text, "ab", 2);
	b = bytes_blob(&text);
	bytes_put(&text, 0, "xy", 2);
	all = blob_whole(&b);
	assert_int_equal(extent_read(&all, 0, to, 2, NULL), 0);
	assert_string_equal(to, "ab");
	assert_int_equal(blob_copy(&empty, NO_BYTES, "nothing", NULL), 0);
	assert_int_equal(empty.size, 0);
}

static void test_append(void **state)
{
	autobytes struct bytes digits = { 0 };
	autoblob struct blob memory = { 0 }, file = { 0 }, memfd = { 0 };
	struct extent from_memory, from_file, all;
	char to[12];

	(void)state;
	bytes_add(&digits, "0123456789", 10);
	memory = bytes_blob(&digits);
	file = bytes_file(&digits);
	from_memory = blob_whole(&memory);
	from_file = blob_whole(&file);
	assert_true(extent_sub(&from_memory, &from_memory, 1, 3));
	assert_true(extent_sub(&from_file, &from_file, 5, 4));
	assert_int_equal(blob_memfd(&memfd, "joined", NULL), 0);
	assert_int_equal(blob_append(&memfd, TEXT("ab"), NULL), 0);
	assert_int_equal(blob_append_extent(&memfd, &from_file, NULL), 0);
	assert_int_equal(blob_append_extent(&memfd, &from_memory, NULL), 0);
	assert_int_equal(blob_append(&memfd, NO_BYTES, NULL), 0);
	assert_int_equal(blob_append(&memfd, TEXT("yz!"), NULL), 0);
	assert_int_equal(memfd.size, sizeof(to));
	all = blob_whole(&memfd);
	assert_int_equal(extent_read(&all, 0, to, sizeof(to), NULL), 0);
	assert_memory_equal(to, "ab5678123yz!", sizeof(to));
}

static void test_sealed(void **state)
{
	autoblob struct blob memfd = { 0 };
	struct why w = { 0 };

	(void)state;
	assert_int_equal(blob_memfd(&memfd, "kernel", NULL), 0);
	assert_int_equal(blob_append(&memfd, TEXT("bytes"), NULL), 0);
	assert_int_equal(blob_seal(&memfd, NULL), 0);
	assert_int_equal(pwrite(memfd.fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(memfd.fd, 1), -1);
	assert_int_equal(ftruncate(memfd.fd, 100), -1);
	assert_ptr_equal(mmap(NULL, 5, PROT_WRITE, MAP_SHARED, memfd.fd, 0), MAP_FAILED);
	assert_int_equal(fcntl(memfd.fd, F_ADD_SEALS, F_SEAL_WRITE), -1); /* sealed for good */
	check_refused("append", blob_append(&memfd, TEXT("x"), &w), &w, -EPERM,
		      "cannot keep the kernel in memory");
	assert_int_equal(memfd.size, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_open_refused),
		cmocka_unit_test(test_fifo_does_not_block),
		cmocka_unit_test(test_file_size_limit),
		cmocka_unit_test(test_file_that_shrinks),
		cmocka_unit_test(test_extent_bounds),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_copy_is_its_own),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_sealed),
	};

	return cmocka_run_group_tests_name("blob", tests, make_dir, remove_dir);
}
