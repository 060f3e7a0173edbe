/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files below /proc and /sys, of this machine or of a recorded one.
 *
 * @root is put in front of every path: "" is this machine, a folder of
 * tests/sysroot another. Contents are untrusted like any other input.
 */
#ifndef LIB_SYSFILE_H
#define LIB_SYSFILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads a whole file, NUL added, into malloc'ed memory that the caller frees.
 * Returns its length or -errno of open(2)/read(2), -E2BIG over LIMIT_SYSFILE.
 */
int sysfile_read(const char *root, const char *path, char **ret);

/*
 * Reads at most @max bytes from the start of a file that is large or has no end.
 * Returns how many there are or -errno of open(2)/read(2).
 */
int sysfile_head(const char *root, const char *path, void *ret, size_t max);

/* Reads exactly @len bytes at @off. -EIO if there are fewer, -errno of open(2)/pread(2). */
int sysfile_at(const char *root, const char *path, uint64_t off, void *ret, size_t len);

/* Writes @text in one go. -errno of open(2)/write(2). */
int sysfile_write(const char *root, const char *path, const char *text);

/* The number that the file starts with, in C notation. -EBADMSG if it is none. */
int sysfile_u64(const char *root, const char *path, uint64_t *ret);

#endif
