// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files below /proc and /sys, and the devices that show memory, come from the
 * recorded machine. What a program asks of its own process and the recorded
 * machine does not have, it gets from the real /proc.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/harness/harness.h"

static bool begins(const char *path, const char *with)
{
	return strncmp(path, with, strlen(with)) == 0;
}

/* "//" and "/./" away; ".." is left to openat2(2), which keeps it below the root. */
static void tidy(char *path)
{
	char *to = path, *from = path;

	while (*from) {
		if (begins(from, "//"))
			from++;
		else if (begins(from, "/./"))
			from += 2;
		else
			*to++ = *from++;
	}
	*to = '\0';
}

static bool is_redirected(const char *path)
{
	static const char *const below[] = { "/proc/",	 "/sys/",     "/dev/fb",
					     "/dev/mem", "/dev/kmem", "/dev/xen/" };

	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		if (begins(path, below[i]))
			return true;
	}
	return strcmp(path, "/proc") == 0 || strcmp(path, "/sys") == 0;
}

static bool is_own_process(const char *path)
{
	return begins(path, "/proc/self") || begins(path, "/proc/thread-self") ||
	       (begins(path, "/proc/") && path[6] >= '1' && path[6] <= '9');
}

/* Opens @path of the recorded machine; -errno. */
static int open_recorded(const struct call *c, const char *path, int flags)
{
	struct open_how how = { .flags = (uint32_t)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd = syscall(SYS_openat2, c->h->root, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* Loading changes these while the program runs. */
static int open_state(const struct call *c, const char *path)
{
	static const struct {
		const char *path;
		bool crash;
	} states[] = {
		{ "/sys/kernel/kexec_loaded", false },
		{ "/sys/kernel/kexec/loaded", false },
		{ "/sys/kernel/kexec_crash_loaded", true },
		{ "/sys/kernel/kexec/crash_loaded", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		autoclose int fd = -1;

		if (strcmp(path, states[i].path) != 0)
			continue;
		fd = memfd_create("state", MFD_CLOEXEC);
		if (fd < 0 ||
		    pwrite(fd, c->h->machine.loaded[states[i].crash] ? "1\n" : "0\n", 2, 0) != 2)
			return -EIO;
		return take_fd(&fd);
	}
	return -ENOENT;
}

/* What is written to /proc or /sys is recorded by name, and thrown away. */
static int open_for_writing(const struct call *c, const char *path)
{
	autoclose int there = open_recorded(c, path, O_PATH);
	int fd;

	if (there < 0)
		return there;
	fputs("open-for-writing ", c->h->record);
	record_text(c->h->record, path);
	fputc('\n', c->h->record);
	fd = memfd_create("written", MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static struct answer do_open(const struct call *c, const char *path, uint64_t flags)
{
	autoclose int fd = -1;

	if ((flags & O_ACCMODE) != O_RDONLY) {
		fd = open_for_writing(c, path);
	} else {
		fd = open_recorded(c, path, (int)flags & ~(O_CREAT | O_TRUNC | O_EXCL));
		if (fd >= 0) {
			int state = open_state(c, path);

			if (state >= 0) {
				close(fd);
				fd = state;
			}
		}
	}
	if (fd == -ENOENT && is_own_process(path))
		return let_pass();
	if (fd < 0)
		return value(fd);
	return memory_give_descriptor(c, take_fd(&fd), flags & O_CLOEXEC);
}

/* An O_PATH descriptor of what the path names, for the calls below. */
static int find(const struct call *c, const char *path, bool nofollow)
{
	return open_recorded(c, path, O_PATH | (nofollow ? O_NOFOLLOW : 0));
}

static struct answer give_bytes(const struct call *c, uint64_t to, const void *from, size_t len)
{
	int r = memory_write(c, to, from, len);

	return value(r);
}

static struct answer do_stat(const struct call *c, int fd, uint64_t to)
{
	struct stat st; /* the kernel's own layout, on 64-bit machines */

	if (fstat(fd, &st) < 0)
		return value(-errno);
	return give_bytes(c, to, &st, sizeof(st));
}

static struct answer do_statx(const struct call *c, int fd, uint64_t mask, uint64_t to)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, (unsigned int)mask, &st) < 0)
		return value(-errno);
	return give_bytes(c, to, &st, sizeof(st));
}

static struct answer do_readlink(const struct call *c, int fd, uint64_t to, uint64_t size)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, size < sizeof(target) ? size : sizeof(target));

	if (n < 0)
		return value(errno == ENOENT ? -EINVAL : -errno);
	if (memory_write(c, to, target, n) < 0)
		return value(-EFAULT);
	return value(n);
}

/* The calls, in the form that takes a folder's descriptor: @a are the path's and what follows. */
static struct answer at_call(const struct call *c, const char *path, const uint64_t *a, int nr)
{
	bool nofollow = nr == SYS_readlinkat ||
			(nr == SYS_newfstatat && a[2] & AT_SYMLINK_NOFOLLOW) ||
			(nr == SYS_statx && a[1] & AT_SYMLINK_NOFOLLOW);
	autoclose int fd = find(c, path, nofollow);

	if (fd == -ENOENT && is_own_process(path))
		return let_pass();
	if (fd < 0)
		return value(fd);
	switch (nr) {
	case SYS_newfstatat:
		return do_stat(c, fd, a[1]);
	case SYS_statx:
		return do_statx(c, fd, a[2], a[3]);
	case SYS_readlinkat:
		return do_readlink(c, fd, a[1], a[2]);
	default: /* access: what is there may be read by root, and not more */
		return value(a[1] & (W_OK | X_OK) && !c->h->machine.privileged ? -EACCES : 0);
	}
}

static struct answer open_call(const struct call *c, const char *path, const uint64_t *a, int nr)
{
	struct open_how how = { 0 };

	if (nr != SYS_openat2)
		return do_open(c, path, a[1]);
	if (memory_read(c, a[1], &how, sizeof(how)) < 0)
		return value(-EFAULT);
	return do_open(c, path, how.flags);
}

/* The calls from before there were folders' descriptors, as those that have one. */
static int modern(int nr, uint64_t *args)
{
#ifdef __x86_64__
	switch (nr) {
	case SYS_open:
		return SYS_openat;
	case SYS_lstat:
	case SYS_stat:
		args[2] = nr == SYS_lstat ? AT_SYMLINK_NOFOLLOW : 0;
		return SYS_newfstatat;
	case SYS_access:
		return SYS_faccessat;
	case SYS_readlink:
		return SYS_readlinkat;
	default:
		break;
	}
#endif
	(void)args;
	return nr;
}

struct answer paths_call(const struct call *c)
{
	uint64_t old[3] = { c->args[0], c->args[1], c->args[2] };
	int nr = modern(c->nr, old);
	const uint64_t *a = nr == c->nr ? c->args + 1 : old; /* without the folder's descriptor */
	char path[PATH_MAX];

	if (c->h->root < 0 || memory_string(c, a[0], path, sizeof(path)) < 0)
		return let_pass();
	tidy(path);
	if (!is_redirected(path))
		return let_pass();
	if (nr == SYS_openat || nr == SYS_openat2)
		return open_call(c, path, a, nr);
	return at_call(c, path, a, nr);
}
