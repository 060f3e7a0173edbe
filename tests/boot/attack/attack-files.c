// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors and files: the loading process's own, changed by its threads and read
 * from outside; the image's file, changed by every way there is while it is loaded.
 */
#include <bpf/bpf.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "world.h"

#define MAX_FDS 64

static bool is_program(int fd)
{
	char path[32], target[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return strstr(target, "bpf-prog");
}

static int evil = -1;

static bool prepare_fds(struct world *w)
{
	evil = load_evil(w);
	if (evil < 0)
		return refused("dup2", "the other program does not load");
	return attach_hooks(w, HOLD_BEFORE);
}

/* Puts another program on every descriptor of one that appears. */
static void *swap_programs(void *arg)
{
	struct world *w = arg;
	bool known[MAX_FDS];

	for (int fd = 0; fd < MAX_FDS; fd++)
		known[fd] = is_program(fd);
	w->ready = true;
	while (!w->hooks->held)
		;
	for (int fd = 0; fd < MAX_FDS; fd++)
		if (!known[fd] && is_program(fd) && dup2(evil, fd) == fd)
			w->tally->done++;
	w->tally->reached++;
	world_go(w);
	return NULL;
}

static void dup2_inside(struct world *w)
{
	pthread_t id;

	w->inside = true;
	w->ready = false;
	pthread_create(&id, NULL, swap_programs, w);
	while (!w->ready)
		usleep(100);
}

/* Takes what the loading process has; the parser would be among it. */
static void getfd_outside(struct world *w)
{
	int pidfd = (int)syscall(SYS_pidfd_open, w->loader, 0);

	if (world_held(w)) {
		for (int fd = 0; fd < MAX_FDS; fd++) {
			struct bpf_prog_info info = { 0 };
			unsigned int size = sizeof(info);
			int got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);

			if (got < 0)
				continue;
			w->tally->reached = 1;
			if (!bpf_obj_get_info_by_fd(got, &info, &size) &&
			    info.id == w->hooks->prog_id && is_program(got))
				w->tally->done = 1;
			close(got);
		}
	}
	world_go(w);
	close(pidfd);
	world_wait(w);
}

/* A copy of the image, which each attempt ruins. */
static bool copy_file(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			break;
	close(in);
	close(out);
	return !n;
}

#define COPY "/attacked"
#define OTHER "/attacked.other"

static const char *original;

static bool prepare_file(struct world *w)
{
	original = w->image;
	w->image = COPY;
	return true;
}

static void restore(struct world *w)
{
	(void)w;
	copy_file(original, COPY);
	copy_file("/init", OTHER);
}

/* One way after the other to write over the decoy and the command line. */
static bool ruin(unsigned int way)
{
	int fd = open(COPY, way == 4 ? O_RDWR | O_DIRECT : O_RDWR);
	struct stat st;
	bool ok = false;
	void *p;

	if (fd < 0 || fstat(fd, &st)) {
		close(fd);
		return false;
	}
	switch (way) {
	case 0:
		ok = pwrite(fd, "who=attacker", 12, 16384) == 12;
		break;
	case 1:
		p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ok = p != MAP_FAILED;
		if (ok) {
			memcpy((char *)p + 16384, "who=attacker", 12);
			munmap(p, (size_t)st.st_size);
		}
		break;
	case 2:
		ok = !ftruncate(fd, st.st_size / 2) && !ftruncate(fd, st.st_size);
		break;
	case 3:
		ok = !fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 16384, 4096);
		break;
	case 4:
		p = aligned_alloc(4096, 4096);
		memset(p, 'x', 4096);
		ok = pwrite(fd, p, 4096, 16384) == 4096;
		free(p);
		break;
	}
	close(fd);
	return ok;
}

static void ruin_outside(struct world *w)
{
	static unsigned int attempt;

	attempt++;
	while (!w->tally->started)
		;
	usleep(attempt * 997 % 20000);
	w->tally->reached = !world_ended(w);
	while (!world_ended(w))
		w->tally->done += ruin(attempt % 5);
}

/* Another file under the name, and under the descriptor. */
static void *swap_files(void *arg)
{
	struct world *w = arg;
	int other = open("/init", O_RDONLY);

	while (!w->tally->started)
		;
	usleep((unsigned int)(getpid() * 997 % 20000));
	for (;;) {
		w->tally->done += dup2(other, w->kernel_fd) == w->kernel_fd;
		w->tally->reached = 1;
	}
	return NULL;
}

static void swap_inside(struct world *w)
{
	pthread_t id;

	w->inside = true;
	pthread_create(&id, NULL, swap_files, w);
}

static void rename_outside(struct world *w)
{
	while (!w->tally->started)
		;
	rename(OTHER, COPY);
	world_wait(w);
}

const struct attacker file_attackers[] = {
	{ "dup2", prepare_fds, NULL, dup2_inside, NULL },
	{ "getfd", prepare_fds, NULL, NULL, getfd_outside },
	{ "ruin", prepare_file, restore, NULL, ruin_outside },
	{ "swap", prepare_file, restore, swap_inside, rename_outside },
	{ NULL, NULL, NULL, NULL, NULL }
};
