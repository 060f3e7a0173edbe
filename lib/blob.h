/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owned bytes, and ranges of them.
 *
 * A blob owns its bytes and knows what they are: memory, a file of the user's,
 * or a memfd of ours. An extent borrows a range of a blob without reading it.
 * Parsers read headers out of an extent into memory of their own with pread(),
 * never through a mapping: nobody can change or truncate what has been checked,
 * and an initrd of a gigabyte costs nothing until someone must have its bytes.
 */
#ifndef LIB_BLOB_H
#define LIB_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"
#include "lib/why.h"

struct progress;

enum blob_kind {
	BLOB_NONE, /* zeroes: owns nothing */
	BLOB_MEMORY,
	BLOB_FILE,
	BLOB_MEMFD,
};

struct blob {
	enum blob_kind kind;
	int fd;              /* FILE and MEMFD */
	unsigned char *data; /* MEMORY */
	uint64_t size;
	char *name; /* for messages: a path, or what the bytes are */
	struct progress *progress; /* borrowed; told of long work on the bytes */
};

/*
 * Opens a regular, non-empty file of at most LIMIT_FILE_SIZE for reading. Never
 * blocks, whatever @path is. -errno of open(2), -EISDIR, -EINVAL for other
 * things that are no files, -ENODATA if empty, -E2BIG.
 */
int blob_open(struct blob *ret, const char *path, struct why *w);

/* The same without a limit, for dumps: of those nobody reads everything. */
int blob_open_large(struct blob *ret, const char *path, struct why *w);

/* Memory of its own holding a copy of @bytes. -ENOMEM. */
int blob_copy(struct blob *ret, struct span bytes, const char *name, struct why *w);

/*
 * A second owner of the same bytes: its descriptor is a duplicate, memory is
 * copied, and nobody is told of its progress. For a file that two producers read.
 * -errno of fcntl(2), -ENOMEM.
 */
int blob_dup(struct blob *ret, const struct blob *b, struct why *w);

/* An empty memfd to append to; blob_seal() makes it final. -errno of memfd_create(2), -ENOMEM. */
int blob_memfd(struct blob *ret, const char *name, struct why *w);

void blob_done(struct blob *b);
#define autoblob __attribute__((cleanup(blob_done)))

struct extent {
	const struct blob *blob;
	uint64_t off; /* bytes from the start of the blob */
	uint64_t len; /* bytes */
};

struct extent blob_whole(const struct blob *b);
bool extent_is_whole(const struct extent *e);

/* The @len bytes at @off of @e; false, and @ret untouched, if they are not all there. */
bool extent_sub(struct extent *ret, const struct extent *e, uint64_t off, uint64_t len);

/* Do both name the same bytes of the same file, so that nobody has to read them to compare? */
bool extent_is_same(const struct extent *a, const struct extent *b);

/*
 * Reads exactly @len bytes at @off of @e. -EBADMSG if the extent is shorter,
 * -EIO if the file shrank meanwhile, or -errno of pread(2).
 */
int extent_read(const struct extent *e, uint64_t off, void *ret, size_t len, struct why *w);

/* Like extent_read(), but at most @max bytes from the start; returns how many, or -errno. */
int extent_head(const struct extent *e, void *ret, size_t max, struct why *w);

/* Like extent_read(), into malloc'ed memory that the caller frees; also -ENOMEM. */
int extent_dup(const struct extent *e, uint64_t off, size_t len, unsigned char **ret,
	       struct why *w);

/* Appends to a memfd. An extent is copied inside the kernel where it can be. */
int blob_append(struct blob *memfd, struct span bytes, struct why *w);
int blob_append_extent(struct blob *memfd, const struct extent *e, struct why *w);

/*
 * Room for @len bytes in an empty memfd, to be written in place; nothing is
 * reserved but address space and what the kernel accounts for. To be given back,
 * also after an error of the caller's: the first @used bytes of it stay.
 * -errno of ftruncate(2) or mmap(2).
 */
int blob_room(struct blob *memfd, uint64_t len, unsigned char **ret, struct why *w);
int blob_room_done(struct blob *memfd, unsigned char *room, uint64_t len, uint64_t used,
		   struct why *w);

/* No one can change the bytes from here on. -errno of fcntl(2). */
int blob_seal(struct blob *memfd, struct why *w);

#endif
