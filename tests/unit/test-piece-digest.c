/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests by several threads: what comes out does not depend on how many there are. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/piece-digest.h"
#include "tests/unit/images.h"

#ifdef HAVE_CRYPTO
#define PIECE 1000

static int refuse; /* that many threads may be started; -1: any */
static unsigned int started;

static int start(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *arg)
{
	if (refuse == 0)
		return EAGAIN;
	refuse -= refuse > 0;
	started++;
	return pthread_create(t, a, f, arg);
}

/* Two pieces that cannot be read: that at .off is known for it only after the other. */
static struct {
	const struct blob *blob;
	uint64_t off;
	pthread_barrier_t begun; /* both */
	sem_t other;
} late;

static int hash(unsigned char ret[DIGEST_SIZE], const struct extent *e, struct why *w)
{
	struct timespec until;
	int r = digest_extent(ret, e, w);

	if (!late.blob || e->blob != late.blob)
		return r;
	pthread_barrier_wait(&late.begun);
	if (e->off != late.off) {
		sem_post(&late.other);
		return r;
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	assert_int_equal(sem_timedwait(&late.other, &until), 0);
	usleep(1000); /* and has told */
	return r;
}

#define pthread_create start
#define digest_extent  hash
#include "lib/piece-digest.c"
#undef pthread_create
#undef digest_extent

static void make(struct blob *ret, size_t size, unsigned char seed)
{
	unsigned char *data = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		data[i] = (unsigned char)(i * 31 + i / 251 + seed);
	assert_int_equal(blob_copy(ret, (struct span){ data, size }, "test", NULL), 0);
	free(data);
}

/* What digest_pieces() promises, said another way. */
static void expected(unsigned char ret[DIGEST_SIZE], const struct digest_part *parts, size_t nr)
{
	struct digest *all;

	assert_int_equal(digest_new(&all, NULL), 0);
	for (size_t i = 0; i < nr; i++) {
		for (uint64_t off = 0; off < parts[i].bytes.len; off += PIECE) {
			uint64_t left = parts[i].bytes.len - off;
			unsigned char piece[DIGEST_SIZE];
			struct extent e;

			assert_true(extent_sub(&e, &parts[i].bytes, off,
					       left < PIECE ? left : PIECE));
			assert_int_equal(digest_extent(piece, &e, NULL), 0);
			assert_int_equal(digest_add(all, (struct span){ piece, DIGEST_SIZE }, NULL),
					 0);
		}
	}
	assert_int_equal(digest_finish(all, ret, NULL), 0);
	digest_free(all);
}

static void test_same(void **state)
{
	/* None, less than a piece, just one, one and a byte, many. */
	static const size_t sizes[] = { 0, 1, 999, 1000, 1001, 64 * 1000, 300 * 1000 + 7 };
	struct digest_part parts[ARRAY_SIZE(sizes)];
	unsigned char want[DIGEST_SIZE], got[DIGEST_SIZE];
	struct blob blobs[ARRAY_SIZE(sizes)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		make(&blobs[i], sizes[i], (unsigned char)i);
		parts[i] = (struct digest_part){ blob_whole(&blobs[i]), "part" };
	}
	for (size_t nr = 0; nr <= ARRAY_SIZE(sizes); nr++) {
		expected(want, parts, nr);
		for (unsigned int threads = 0; threads < 12; threads++) {
			refuse = -1;
			memset(got, 0, sizeof(got));
			assert_int_equal(digest_pieces(got, parts, nr, PIECE, threads, NULL), 0);
			assert_memory_equal(got, want, sizeof(got));
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		blob_done(&blobs[i]);
}

static unsigned int threads_for(const struct digest_part *part, unsigned int threads, int may)
{
	unsigned char want[DIGEST_SIZE], got[DIGEST_SIZE];

	expected(want, part, 1);
	started = 0;
	refuse = may;
	assert_int_equal(digest_pieces(got, part, 1, PIECE, threads, NULL), 0);
	assert_memory_equal(got, want, sizeof(got));
	return started;
}

/* One less than asked for: whoever asks works, too. */
static void test_threads(void **state)
{
	autoblob struct blob few = { 0 }, many = { 0 };
	struct digest_part a, b;

	(void)state;
	make(&few, 3 * PIECE, 1);
	make(&many, 100 * PIECE, 2);
	a = (struct digest_part){ blob_whole(&few), "few" };
	b = (struct digest_part){ blob_whole(&many), "many" };
	assert_int_equal(threads_for(&b, 1, -1), 0);
	assert_int_equal(threads_for(&b, 4, -1), 3);
	assert_int_equal(threads_for(&b, 1000, -1), LIMIT_DIGEST_THREADS - 1);
	assert_int_equal(threads_for(&a, 8, -1), 2); /* no more than pieces */
	/* A machine that gives none, or only some. */
	assert_int_equal(threads_for(&b, 8, 0), 0);
	assert_int_equal(threads_for(&b, 8, 2), 2);
}

static void expect_error(const struct digest_part *parts, size_t nr, unsigned int threads,
			 const char *text)
{
	unsigned char got[DIGEST_SIZE];
	struct why w = { 0 };

	refuse = -1;
	assert_int_equal(digest_pieces(got, parts, nr, PIECE, threads, &w), -EIO);
	assert_string_equal(w.text, text);
}

/* The first piece that cannot be read is the one that is told of, whoever came to it. */
static void test_errors(void **state)
{
	autoblob struct blob good = { 0 }, memfd = { 0 };
	struct digest_part parts[4];
	unsigned char got[DIGEST_SIZE];

	(void)state;
	make(&good, 10 * PIECE, 1);
	assert_int_equal(blob_memfd(&memfd, "short", NULL), 0);
	memfd.size = 50 * PIECE; /* it is empty: another has cut it */
	parts[0] = (struct digest_part){ blob_whole(&good), "good" };
	parts[1] = (struct digest_part){ { &memfd, 0, PIECE }, "b" };
	parts[2] = (struct digest_part){ { &memfd, PIECE, PIECE }, "c" };
	parts[3] = (struct digest_part){ { &memfd, PIECE, 40 * PIECE }, "d" };
	for (unsigned int threads = 1; threads <= 8; threads++)
		expect_error(parts, ARRAY_SIZE(parts), threads,
			     "b: became shorter while it was read");
	assert_int_equal(sem_init(&late.other, 0, 0), 0);
	assert_int_equal(pthread_barrier_init(&late.begun, NULL, 2), 0);
	late.blob = &memfd;
	for (late.off = 0; late.off <= PIECE; late.off += PIECE)
		expect_error(parts + 1, 2, 2, "b: became shorter while it was read");
	late.blob = NULL;
	sem_destroy(&late.other);
	pthread_barrier_destroy(&late.begun);
	assert_int_equal(digest_pieces(got, parts, 1, 0, 1, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
	return 0;
}
#endif
