// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kexec/out-file.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#define COPY_BUFFER (128 * KiB)
#define NAME_TRIES  100

/*
 * What is at @path must be a file of its own. A symbolic link stands for what it
 * leads to if @follow; if not, rename(2) would replace one that is made meanwhile.
 */
static int check_target(char **ret_path, mode_t *ret_mode, const char *path, bool follow,
			const struct blob *const *inputs, size_t nr_inputs, struct why *w)
{
	struct stat st, in;

	*ret_mode = 0;
	if ((follow ? stat(path, &st) : lstat(path, &st)) < 0) {
		if (errno != ENOENT)
			return why(w, -errno, "cannot create '%s': %s", path, strerror(errno));
		*ret_path = strdup(path);
		return *ret_path ? 0 : why(w, -ENOMEM, "out of memory");
	}
	if (!S_ISREG(st.st_mode))
		return why(w, -EINVAL, "'%s' is there already and is not a regular file", path);
	for (size_t i = 0; i < nr_inputs; i++)
		if (fstat(inputs[i]->fd, &in) == 0 && in.st_dev == st.st_dev &&
		    in.st_ino == st.st_ino)
			return why(w, -EINVAL, "'%s' is the same file as the input %s", path,
				   inputs[i]->name);
	*ret_path = follow ? realpath(path, NULL) : strdup(path);
	*ret_mode = st.st_mode & 0777;
	return *ret_path ? 0 : why(w, -errno, "cannot create '%s': %s", path, strerror(errno));
}

/* Not mkstemp(), which ignores the umask. */
static int create_temp(struct out_file *o, struct why *w)
{
	autofree char *dir = strdup(o->path), *base = strdup(o->path);
	int err = 0;

	if (!dir || !base)
		return why(w, -ENOMEM, "out of memory");
	for (int i = 0; i < NAME_TRIES; i++) {
		autofree char *name = NULL;
		int fd;

		if (asprintf(&name, "%s/.%.200s.%ld.%d", dirname(strcpy(dir, o->path)),
			     basename(strcpy(base, o->path)), (long)getpid(), i) < 0) {
			name = NULL;
			return why(w, -ENOMEM, "out of memory");
		}
		fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (fd >= 0) {
			o->file.fd = fd;
			o->file.kind = BLOB_FILE;
			o->temp = take_ptr(name);
			return 0;
		}
		err = errno;
		if (err != EEXIST)
			break;
	}
	return why(w, -err, "cannot create '%s': %s", o->path, strerror(err));
}

/* The ones that end a program, and that someone may want to. */
static const int endings[] = { SIGHUP, SIGINT, SIGTERM };

static void block_signals(sigset_t *old)
{
	struct sigaction action;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		/* One that nohup(1) ignores would be pending once it is blocked. */
		if (sigaction(endings[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, endings[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

static bool is_interrupted(void)
{
	sigset_t set;

	if (sigpending(&set) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (sigismember(&set, endings[i]) == 1)
			return true;
	return false;
}

static int create(struct out_file *ret, const char *path, bool follow,
		  const struct blob *const *inputs, size_t nr_inputs, struct why *w)
{
	autoout struct out_file o = { 0 };
	mode_t mode = 0;
	int r;

	block_signals(&o.signals);
	o.active = true;
	r = check_target(&o.path, &mode, path, follow, inputs, nr_inputs, w);
	if (r == 0 && !(o.file.name = strdup(path)))
		r = why(w, -ENOMEM, "out of memory");
	if (r == 0)
		r = create_temp(&o, w);
	if (r == 0 && mode && fchmod(o.file.fd, mode) < 0)
		r = why(w, -errno, "cannot set permissions of '%s': %s", path, strerror(errno));
	if (r < 0)
		return r;
	*ret = o;
	o = (struct out_file){ 0 };
	return 0;
}

int out_file_create(struct out_file *ret, const char *path, const struct blob *const *inputs,
		    size_t nr_inputs, struct why *w)
{
	return create(ret, path, true, inputs, nr_inputs, w);
}

int out_file_create_in(struct out_file *ret, const char *dir, const char *name,
		       const struct blob *const *inputs, size_t nr_inputs, struct why *w)
{
	autofree char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return why(w, -ENOMEM, "out of memory");
	}
	return create(ret, path, false, inputs, nr_inputs, w);
}

static void write_failed(struct out_file *o, int err)
{
	o->writing_failed = true;
	why(&o->why, -err, "write error on '%s': %s", o->file.name, strerror(err));
}

static void write_at(struct out_file *o, struct span bytes, uint64_t off)
{
	while (bytes.size > 0 && !o->why.err) {
		ssize_t n = pwrite(o->file.fd, bytes.data, bytes.size, off);

		if (is_interrupted())
			write_failed(o, EINTR);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n <= 0)
			write_failed(o, n < 0 ? errno : ENOSPC);
		else
			span_sub(&bytes, bytes, n, bytes.size - n);
		off += n;
	}
}

void out_file_bytes(struct out_file *o, struct span bytes)
{
	write_at(o, bytes, o->file.size);
	o->file.size += bytes.size;
}

void out_file_zeros(struct out_file *o, uint64_t len)
{
	static const unsigned char zeros[4096];

	while (len > 0 && !o->why.err) {
		size_t n = len < sizeof(zeros) ? len : sizeof(zeros);

		out_file_bytes(o, (struct span){ zeros, n });
		len -= n;
	}
}

void out_file_extent(struct out_file *o, const struct extent *e)
{
	autofree unsigned char *buf = malloc(COPY_BUFFER);

	if (!buf)
		why(&o->why, -ENOMEM, "out of memory");
	for (uint64_t at = 0; at < e->len && !o->why.err; at += COPY_BUFFER) {
		size_t n = e->len - at < COPY_BUFFER ? e->len - at : COPY_BUFFER;

		if (extent_read(e, at, buf, n, &o->why) < 0)
			why_prefix(&o->why, "%s: ", e->blob->name);
		out_file_bytes(o, (struct span){ buf, n });
	}
}

void out_file_le32(struct out_file *o, uint64_t off, uint32_t value)
{
	value = htole32(value);
	write_at(o, (struct span){ (const unsigned char *)&value, sizeof(value) }, off);
}

int out_file_check(const struct out_file *o, struct why *w)
{
	return o->why.err ? why(w, o->why.err, "%s", o->why.text) : 0;
}

/* So that the new name survives a power cut as well. Some file systems cannot: no harm. */
static void sync_folder(const char *path)
{
	autofree char *copy = strdup(path);
	autoclose int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0)
		fsync(fd);
}

int out_file_commit(struct out_file *o, struct why *w)
{
	if (!o->why.err && fsync(o->file.fd) < 0)
		write_failed(o, errno);
	if (!o->why.err && is_interrupted())
		write_failed(o, EINTR);
	if (!o->why.err && rename(o->temp, o->path) < 0)
		write_failed(o, errno);
	if (o->why.err)
		return out_file_check(o, w);
	free(o->temp);
	o->temp = NULL;
	sync_folder(o->path);
	return 0;
}

void out_file_done(struct out_file *o)
{
	if (!o->active)
		return;
	if (o->temp)
		unlink(o->temp);
	blob_done(&o->file);
	free(o->temp);
	free(o->path);
	sigprocmask(SIG_SETMASK, &o->signals, NULL);
	*o = (struct out_file){ 0 };
}
