// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/blob.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

#define COPY_BUFFER (128 * KiB)

static int check_stat(const struct stat *st, struct why *w)
{
	if (S_ISDIR(st->st_mode))
		return why(w, -EISDIR, "is a directory, expected a file");
	if (!S_ISREG(st->st_mode))
		return why(w, -EINVAL, "is not a regular file");
	if (st->st_size == 0)
		return why(w, -ENODATA, "is empty");
	return 0;
}

int blob_open_large(struct blob *ret, const char *path, struct why *w)
{
	/* O_NONBLOCK: a FIFO without a writer must not hold us up. */
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	autofree char *name = NULL;
	struct stat st;
	int r;

	if (fd < 0)
		return why(w, -errno, "cannot open: %s", strerror(errno));
	if (fstat(fd, &st) < 0)
		return why(w, -errno, "cannot stat: %s", strerror(errno));
	r = check_stat(&st, w);
	if (r < 0)
		return r;
	name = strdup(path);
	if (!name)
		return why(w, -ENOMEM, "out of memory");

	*ret = (struct blob){
		.kind = BLOB_FILE,
		.fd = take_fd(&fd),
		.size = st.st_size,
		.name = take_ptr(name),
	};
	return 0;
}

int blob_open(struct blob *ret, const char *path, struct why *w)
{
	autoblob struct blob b = { 0 };
	int r = blob_open_large(&b, path, w);

	if (r < 0)
		return r;
	if (b.size > LIMIT_FILE_SIZE)
		return why(w, -E2BIG, "is larger than 4 GiB, which the kernel cannot load");
	*ret = b;
	b = (struct blob){ 0 };
	return 0;
}

int blob_copy(struct blob *ret, struct span bytes, const char *name, struct why *w)
{
	/* One byte more than needed, so that an empty blob has an address too. */
	autofree unsigned char *data = malloc(bytes.size + 1);
	autofree char *label = strdup(name);

	if (!data || !label)
		return why(w, -ENOMEM, "out of memory");
	if (bytes.size)
		memcpy(data, bytes.data, bytes.size);

	*ret = (struct blob){
		.kind = BLOB_MEMORY,
		.fd = -1,
		.data = take_ptr(data),
		.size = bytes.size,
		.name = take_ptr(label),
	};
	return 0;
}

int blob_dup(struct blob *ret, const struct blob *b, struct why *w)
{
	autoclose int fd = -1;
	autofree char *name = NULL;

	if (b->kind == BLOB_MEMORY)
		return blob_copy(ret, (struct span){ b->data, b->size }, b->name, w);
	fd = fcntl(b->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return why(w, -errno, "cannot duplicate a descriptor: %s", strerror(errno));
	name = strdup(b->name);
	if (!name)
		return why(w, -ENOMEM, "out of memory");
	*ret = (struct blob){
		.kind = b->kind, .fd = take_fd(&fd), .size = b->size, .name = take_ptr(name),
	};
	return 0;
}

int blob_memfd(struct blob *ret, const char *name, struct why *w)
{
	autoclose int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	autofree char *label = strdup(name);

	if (fd < 0 && errno == EINVAL) /* before 6.3 */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return why(w, -errno, "cannot create a memfd for the %s: %s", name,
			   strerror(errno));
	if (!label)
		return why(w, -ENOMEM, "out of memory");

	*ret = (struct blob){ .kind = BLOB_MEMFD, .fd = take_fd(&fd), .name = take_ptr(label) };
	return 0;
}

void blob_done(struct blob *b)
{
	if (b->kind == BLOB_FILE || b->kind == BLOB_MEMFD)
		close(b->fd);
	free(b->data);
	free(b->name);
	*b = (struct blob){ 0 };
}

struct extent blob_whole(const struct blob *b)
{
	return (struct extent){ .blob = b, .off = 0, .len = b->size };
}

bool extent_is_whole(const struct extent *e)
{
	return e->off == 0 && e->len == e->blob->size;
}

bool extent_sub(struct extent *ret, const struct extent *e, uint64_t off, uint64_t len)
{
	if (!range_fits(e->len, off, len))
		return false;
	*ret = (struct extent){ .blob = e->blob, .off = e->off + off, .len = len };
	return true;
}

bool extent_is_same(const struct extent *a, const struct extent *b)
{
	struct stat sa, sb;

	if (a->off != b->off || a->len != b->len)
		return false;
	if (a->blob == b->blob)
		return true;
	if (a->blob->kind == BLOB_MEMORY || b->blob->kind == BLOB_MEMORY ||
	    fstat(a->blob->fd, &sa) < 0 || fstat(b->blob->fd, &sb) < 0)
		return false;
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static int read_exactly(int fd, uint64_t off, unsigned char *buf, size_t len, struct why *w)
{
	while (len > 0) {
		ssize_t n = pread(fd, buf, len, off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why(w, -errno, "cannot read: %s", strerror(errno));
		if (n == 0)
			return why(w, -EIO, "became shorter while it was read");
		buf += n;
		off += n;
		len -= n;
	}
	return 0;
}

int extent_read(const struct extent *e, uint64_t off, void *ret, size_t len, struct why *w)
{
	const struct blob *b = e->blob;
	struct extent sub;

	if (!extent_sub(&sub, e, off, len))
		return why(w, -EBADMSG, "ends early: %zu bytes wanted at %#llx", len,
			   (unsigned long long)off);
	if (b->kind == BLOB_MEMORY) {
		struct span s = { b->data, b->size };

		return span_get(ret, s, sub.off, len) ? 0 : why(w, -EBADMSG, "ends early");
	}
	return read_exactly(b->fd, sub.off, ret, len, w);
}

int extent_head(const struct extent *e, void *ret, size_t max, struct why *w)
{
	size_t len = e->len < max ? e->len : max;
	int r;

	if (len > INT_MAX)
		return why(w, -E2BIG, "header too large");
	r = extent_read(e, 0, ret, len, w);
	return r < 0 ? r : (int)len;
}

int extent_dup(const struct extent *e, uint64_t off, size_t len, unsigned char **ret,
	       struct why *w)
{
	autofree unsigned char *data = NULL;
	int r;

	/* Before memory is asked for: a length out of a header may be anything. */
	if (!range_fits(e->len, off, len))
		return why(w, -EBADMSG, "ends early: %zu bytes wanted at %#llx", len,
			   (unsigned long long)off);
	data = malloc(len + 1);
	if (!data)
		return why(w, -ENOMEM, "out of memory");
	r = extent_read(e, off, data, len, w);
	if (r < 0)
		return r;
	*ret = take_ptr(data);
	return 0;
}

int blob_append(struct blob *memfd, struct span bytes, struct why *w)
{
	while (bytes.size > 0) {
		ssize_t n = pwrite(memfd->fd, bytes.data, bytes.size, memfd->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return why(w, n < 0 ? -errno : -ENOSPC, "cannot keep the %s in memory: %s",
				   memfd->name, strerror(n < 0 ? errno : ENOSPC));
		memfd->size += n;
		span_sub(&bytes, bytes, n, bytes.size - n);
	}
	return 0;
}

/* Copies with a buffer; for files whose file system cannot sendfile(2). */
static int append_by_reading(struct blob *memfd, struct extent rest, struct why *w)
{
	autofree unsigned char *buf = malloc(COPY_BUFFER);

	if (!buf)
		return why(w, -ENOMEM, "out of memory");
	while (rest.len > 0) {
		size_t n = rest.len < COPY_BUFFER ? rest.len : COPY_BUFFER;
		int r = extent_read(&rest, 0, buf, n, w);

		if (r == 0)
			r = blob_append(memfd, (struct span){ buf, n }, w);
		if (r < 0)
			return r;
		extent_sub(&rest, &rest, n, rest.len - n);
	}
	return 0;
}

int blob_append_extent(struct blob *memfd, const struct extent *e, struct why *w)
{
	struct extent rest = *e;

	if (e->blob->kind == BLOB_MEMORY)
		return append_by_reading(memfd, rest, w);
	if (lseek(memfd->fd, memfd->size, SEEK_SET) < 0)
		return why(w, -errno, "cannot seek in a memfd: %s", strerror(errno));

	while (rest.len > 0) {
		off_t from = rest.off;
		ssize_t n = sendfile(memfd->fd, rest.blob->fd, &from, rest.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EINVAL || errno == ENOSYS))
			return append_by_reading(memfd, rest, w);
		if (n < 0)
			return why(w, -errno, "cannot copy into memory: %s", strerror(errno));
		if (n == 0)
			return why(w, -EIO, "became shorter while it was read");
		memfd->size += n;
		extent_sub(&rest, &rest, n, rest.len - n);
	}
	return 0;
}

int blob_room(struct blob *memfd, uint64_t len, unsigned char **ret, struct why *w)
{
	void *room;

	if (memfd->size > 0)
		return why(w, -EINVAL, "the %s has bytes already", memfd->name);
	if (ftruncate(memfd->fd, len) < 0)
		return why(w, -errno, "cannot keep the %s in memory: %s", memfd->name,
			   strerror(errno));
	room = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, memfd->fd, 0);
	if (room == MAP_FAILED)
		return why(w, -errno, "cannot map the %s: %s", memfd->name, strerror(errno));
	*ret = room;
	return 0;
}

int blob_room_done(struct blob *memfd, unsigned char *room, uint64_t len, uint64_t used,
		   struct why *w)
{
	munmap(room, len);
	if (ftruncate(memfd->fd, used) < 0)
		return why(w, -errno, "cannot keep the %s in memory: %s", memfd->name,
			   strerror(errno));
	memfd->size = used;
	return 0;
}

int blob_seal(struct blob *memfd, struct why *w)
{
	int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	if (fcntl(memfd->fd, F_ADD_SEALS, seals) < 0)
		return why(w, -errno, "cannot seal a memfd: %s", strerror(errno));
	return 0;
}
