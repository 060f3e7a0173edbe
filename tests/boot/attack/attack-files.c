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
#include <time.h>
#include <unistd.h>

#include "world.h"

bool is_program(int fd)
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

static bool prepare_race(struct world *w)
{
	original = w->image;
	w->image = COPY;
	return true;
}

static bool prepare_copy(struct world *w)
{
	return prepare_race(w) && attach_hooks(w, HOLD_READ);
}

static bool prepare_swap(struct world *w)
{
	original = w->image;
	return attach_hooks(w, HOLD_READ);
}

/* The image has its parser beside it, by which it is held, too. */
static bool prepare_detached(struct world *w)
{
	static char parser[256];

	snprintf(parser, sizeof(parser), "%s.parser", w->image);
	w->parser = parser;
	return prepare_swap(w);
}

/* The parser is it that is swapped; what is not signed comes beside it. */
static bool prepare_parser(struct world *w)
{
	bool ok = prepare_detached(w);

	original = w->parser;
	return ok;
}

static void restore(struct world *w)
{
	char path[256];

	(void)w;
	snprintf(path, sizeof(path), "%s.other", original);
	copy_file(original, COPY);
	copy_file(path, OTHER);
}

/*
 * One way after the other to change the command line, which begins at CMDLINE_OFF and
 * has a page to itself; the last two change what is before it, too.
 */
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
		ok = pwrite(fd, "who=attacker", 12, CMDLINE_OFF) == 12;
		break;
	case 1:
		p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ok = p != MAP_FAILED;
		if (ok) {
			memcpy((char *)p + CMDLINE_OFF, "who=attacker", 12);
			munmap(p, (size_t)st.st_size);
		}
		break;
	case 2:
		ok = !ftruncate(fd, CMDLINE_OFF) && !ftruncate(fd, st.st_size);
		break;
	case 3:
		ok = !fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				CMDLINE_OFF & ~4095, 4096);
		break;
	case 4:
		p = aligned_alloc(4096, 4096);
		memset(p, 'x', 4096);
		ok = pwrite(fd, p, 4096, CMDLINE_OFF & ~4095) == 4096;
		free(p);
		break;
	}
	close(fd);
	return ok;
}

static unsigned int attempts;

/* When the file has been read and its signature not been checked. */
static void ruin_outside(struct world *w)
{
	if (world_held(w)) {
		w->tally->reached = 1;
		w->tally->done += ruin(attempts++ % 5);
	}
	world_go(w);
	world_wait(w);
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* At any time: at another twentieth of what the load before took. */
static void race_outside(struct world *w)
{
	static long took;
	long begin;

	while (!w->tally->started)
		;
	begin = now();
	usleep((useconds_t)(took * (attempts % 20) / 20));
	w->tally->reached = !world_ended(w);
	do {
		w->tally->done += ruin(attempts % 5);
		usleep(100);
	} while (!world_ended(w));
	took = now() - begin;
	attempts++;
}

/* Another file under the descriptor, once both have been read. */
static void *swap_files(void *arg)
{
	struct world *w = arg;
	char path[256];
	int other, fd;

	snprintf(path, sizeof(path), "%s.other", original);
	other = open(path, O_RDONLY);
	fd = w->parser && original == w->image ? w->initrd_fd : w->kernel_fd;
	if (world_held(w) && other >= 0) {
		w->tally->reached = 1;
		w->tally->done += dup2(other, fd) == fd;
	}
	world_go(w);
	return NULL;
}

static void swap_inside(struct world *w)
{
	pthread_t id;

	w->inside = true;
	pthread_create(&id, NULL, swap_files, w);
}

/* Another file under the name. */
static void rename_outside(struct world *w)
{
	if (world_held(w)) {
		w->tally->reached = 1;
		w->tally->done += !rename(OTHER, COPY);
	}
	world_go(w);
	world_wait(w);
}

const struct attacker file_attackers[] = {
	{ "dup2", prepare_fds, NULL, dup2_inside, NULL },
	{ "ruin", prepare_copy, restore, NULL, ruin_outside },
	{ "ruin-race", prepare_race, restore, NULL, race_outside },
	{ "swap", prepare_swap, NULL, swap_inside, NULL },
	{ "swap-detached", prepare_detached, NULL, swap_inside, NULL },
	{ "swap-parser", prepare_parser, NULL, swap_inside, NULL },
	{ "rename", prepare_copy, restore, NULL, rename_outside },
	{ NULL, NULL, NULL, NULL, NULL }
};
