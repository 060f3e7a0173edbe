// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/piece-digest.h"

struct work {
	const struct digest_part *parts;
	uint64_t size; /* of a piece */
	uint64_t nr_pieces;
	unsigned char *digests; /* of all pieces; each is one thread's to write */

	pthread_mutex_t lock; /* of all below */
	uint64_t next;
	uint64_t failed; /* the first piece that failed; nr_pieces: none */
	int err;
	struct why why;
};

static uint64_t pieces_of(const struct digest_part *part, uint64_t size)
{
	return part->bytes.len / size + (part->bytes.len % size != 0);
}

static int hash_piece(const struct work *k, uint64_t nr, struct why *w)
{
	const struct digest_part *part = k->parts;
	uint64_t i = nr, off, left;
	struct extent piece;
	int r;

	for (; i >= pieces_of(part, k->size); part++)
		i -= pieces_of(part, k->size);
	off = i * k->size;
	left = part->bytes.len - off;
	if (!extent_sub(&piece, &part->bytes, off, left < k->size ? left : k->size))
		return why(w, -EINVAL, "%s: no such piece", part->name);
	r = digest_extent(k->digests + nr * DIGEST_SIZE, &piece, w);
	if (r < 0)
		why_prefix(w, "%s: ", part->name);
	return r;
}

static bool take(struct work *k, uint64_t *ret)
{
	bool more;

	pthread_mutex_lock(&k->lock);
	more = k->failed == k->nr_pieces && k->next < k->nr_pieces;
	if (more)
		*ret = k->next++;
	pthread_mutex_unlock(&k->lock);
	return more;
}

/* Pieces are begun in order and all that were begun are finished, so the first is always found. */
static void tell_failed(struct work *k, uint64_t nr, int err, const struct why *w)
{
	pthread_mutex_lock(&k->lock);
	if (nr < k->failed) {
		k->failed = nr;
		k->err = err;
		k->why = *w;
	}
	pthread_mutex_unlock(&k->lock);
}

static void *work(void *arg)
{
	struct work *k = arg;
	uint64_t nr;

	while (take(k, &nr)) {
		struct why w = { 0 };
		int r = hash_piece(k, nr, &w);

		if (r < 0)
			tell_failed(k, nr, r, &w);
	}
	return NULL;
}

static unsigned int processors(void)
{
	cpu_set_t set;

	/* It fails where there are more than the set has room for. */
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return LIMIT_DIGEST_THREADS;
	return CPU_COUNT(&set);
}

/* This thread is one of them. */
static void work_together(struct work *k, unsigned int threads)
{
	pthread_t others[LIMIT_DIGEST_THREADS];
	unsigned int nr = 0;

	if (threads == 0)
		threads = processors();
	if (threads > LIMIT_DIGEST_THREADS)
		threads = LIMIT_DIGEST_THREADS;
	while (nr + 1 < threads && nr + 1 < k->nr_pieces &&
	       pthread_create(&others[nr], NULL, work, k) == 0)
		nr++;
	work(k);
	while (nr > 0)
		pthread_join(others[--nr], NULL);
}

int digest_pieces(unsigned char ret[DIGEST_SIZE], const struct digest_part *parts, size_t nr,
		  uint64_t size, unsigned int threads, struct why *w)
{
	struct work k = { .parts = parts, .size = size };
	autofree unsigned char *digests = NULL;
	struct digest *all = NULL;
	int r;

	if (size == 0)
		return why(w, -EINVAL, "pieces without a size");
	for (size_t i = 0; i < nr; i++)
		k.nr_pieces += pieces_of(&parts[i], size);
	digests = calloc(k.nr_pieces ? k.nr_pieces : 1, DIGEST_SIZE);
	if (!digests)
		return why(w, -ENOMEM, "out of memory");
	r = digest_new(&all, w);
	if (r < 0)
		return r;
	k.digests = digests;
	k.failed = k.nr_pieces;
	pthread_mutex_init(&k.lock, NULL);
	work_together(&k, threads);
	pthread_mutex_destroy(&k.lock);
	r = k.failed < k.nr_pieces ? why(w, k.err, "%s", k.why.text) : 0;
	if (r == 0)
		r = digest_add(all, (struct span){ digests, k.nr_pieces * DIGEST_SIZE }, w);
	if (r == 0)
		r = digest_finish(all, ret, w);
	digest_free(all);
	return r;
}
