// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

#define STEP 4096

/* These files have no size to ask for: read on until nothing more comes. */
static int read_all(int fd, char **ret)
{
	autofree char *buf = NULL;
	size_t len = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (room - len < STEP) {
			char *larger;

			if (room >= LIMIT_SYSFILE)
				return -E2BIG;
			room = room ? 2 * room : 2 * STEP;
			larger = realloc(buf, room);
			if (!larger)
				return -ENOMEM;
			buf = larger;
		}
		n = read(fd, buf + len, room - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += n;
	}
	buf[len] = '\0';
	*ret = take_ptr(buf);
	return (int)len;
}

static int open_below(const char *root, const char *path, int flags)
{
	char full[PATH_MAX];
	int fd;

	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

int sysfile_read(const char *root, const char *path, char **ret)
{
	autoclose int fd = open_below(root, path, O_RDONLY);

	return fd < 0 ? fd : read_all(fd, ret);
}

int sysfile_head(const char *root, const char *path, void *ret, size_t max)
{
	autoclose int fd = open_below(root, path, O_RDONLY);
	size_t len = 0;

	if (fd < 0)
		return fd;
	if (max > LIMIT_SYSFILE)
		return -E2BIG;
	while (len < max) {
		ssize_t n = read(fd, (char *)ret + len, max - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += n;
	}
	return (int)len;
}

int sysfile_at(const char *root, const char *path, uint64_t off, void *ret, size_t len)
{
	autoclose int fd = open_below(root, path, O_RDONLY);
	unsigned char *to = ret;

	if (fd < 0)
		return fd;
	if (off > INT64_MAX || len > INT64_MAX - off)
		return -EOVERFLOW;
	/* sysfs gives out a page at a time. */
	while (len > 0) {
		ssize_t n = pread(fd, to, len, (off_t)off);

		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		to += n;
		off += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int sysfile_write(const char *root, const char *path, const char *text)
{
	autoclose int fd = open_below(root, path, O_WRONLY);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int sysfile_u64(const char *root, const char *path, uint64_t *ret)
{
	autofree char *text = NULL;
	unsigned long long value;
	char *end;
	int r;

	r = sysfile_read(root, path, &text);
	if (r < 0)
		return r;
	/* strtoull() would take " -1" for a huge number. */
	if (!isdigit((unsigned char)text[0]))
		return -EBADMSG;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno)
		return -EBADMSG;
	*ret = value;
	return 0;
}
