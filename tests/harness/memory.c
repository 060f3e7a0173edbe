// SPDX-License-Identifier: GPL-2.0-or-later
/* A stopped program's memory and descriptors. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/harness/harness.h"

static struct iovec range(const void *at, size_t len)
{
	return (struct iovec){ .iov_base = (void *)at, .iov_len = len };
}

int memory_read(const struct call *c, uint64_t from, void *to, size_t len)
{
	struct iovec mine = range(to, len), other = range((void *)(uintptr_t)from, len);
	ssize_t n;

	if (len == 0)
		return 0;
	n = process_vm_readv(c->tid, &mine, 1, &other, 1, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

int memory_write(const struct call *c, uint64_t to, const void *from, size_t len)
{
	struct iovec mine = range(from, len), other = range((void *)(uintptr_t)to, len);
	ssize_t n = process_vm_writev(c->tid, &mine, 1, &other, 1, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

/* Page by page: the next one may not be there, and need not be. */
int memory_string(const struct call *c, uint64_t from, char *to, size_t size)
{
	size_t have = 0;

	while (have < size) {
		size_t step = MACHINE_PAGE - (from + have) % MACHINE_PAGE;
		int r;

		step = step < size - have ? step : size - have;
		r = memory_read(c, from + have, to + have, step);
		if (r < 0)
			return r;
		if (memchr(to + have, 0, step))
			return 0;
		have += step;
	}
	return -ENAMETOOLONG;
}

int memory_descriptor(const struct call *c, int fd)
{
	autoclose int process = -1;
	int got;

	process = syscall(SYS_pidfd_open, c->tid, 0);
	if (process < 0) /* a thread that is not its process's first */
		process = syscall(SYS_pidfd_open, c->h->child, 0);
	if (process < 0)
		return -errno;
	got = syscall(SYS_pidfd_getfd, process, fd, 0);
	return got < 0 ? -errno : got;
}

struct answer memory_give_descriptor(const struct call *c, int fd, bool cloexec)
{
	struct seccomp_notif_addfd add = {
		.id = c->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = fd,
		.newfd_flags = cloexec ? O_CLOEXEC : 0,
	};
	int r = ioctl(c->h->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	close(fd);
	if (r < 0)
		return value(-errno);
	return (struct answer){ .how = ANSWER_SENT };
}
