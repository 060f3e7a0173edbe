/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that is there complete or not at all: written under a temporary name
 * in the same folder, renamed into place by out_file_commit().
 *
 * A builder: add freely, errors stick, ask once at the end. While one exists,
 * SIGHUP, SIGINT and SIGTERM wait: they end the writing like an error, and take
 * effect when out_file_done() has cleaned up.
 */
#ifndef KEXEC_OUT_FILE_H
#define KEXEC_OUT_FILE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/blob.h"
#include "lib/span.h"
#include "lib/why.h"

struct out_file {
	bool active;       /* there is something to undo */
	struct blob file;  /* owned; open for reading too; called as the user called it */
	char *path, *temp; /* owned */
	struct why why;    /* the first error */
	bool writing_failed; /* rather than reading the input */
	sigset_t signals;    /* as they were before */
};

/*
 * Starts writing what will be @path. @inputs may not be the same file: -EINVAL.
 * -EINVAL too if @path is there and no regular file; otherwise -errno of open(2).
 * A file that is there keeps its permissions.
 */
int out_file_create(struct out_file *ret, const char *path, const struct blob *const *inputs,
		    size_t nr_inputs, struct why *w);

/*
 * The same for the file @name in the folder @dir, and for no other: -EINVAL as well
 * if it is a symbolic link. Who gets @name from an image sees to it that it is the
 * name of a file.
 */
int out_file_create_in(struct out_file *ret, const char *dir, const char *name,
		       const struct blob *const *inputs, size_t nr_inputs, struct why *w);

void out_file_bytes(struct out_file *o, struct span bytes);
void out_file_zeros(struct out_file *o, uint64_t len);
void out_file_extent(struct out_file *o, const struct extent *e);

/* Stores a number over what was written. */
void out_file_le32(struct out_file *o, uint64_t off, uint32_t value);

/* 0 as long as nothing has failed. */
int out_file_check(const struct out_file *o, struct why *w);

/* Everything to the disk, then into place. The first error of all; then nothing is left. */
int out_file_commit(struct out_file *o, struct why *w);

/* Removes what was not committed. Safe on zeroes. */
void out_file_done(struct out_file *o);
#define autoout __attribute__((cleanup(out_file_done)))

#endif
