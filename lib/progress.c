// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "lib/progress.h"

#define PATIENCE_MS 1000 /* nobody wonders before that */
#define EVERY_MS    100
#define WIDTH       60   /* of what is wiped out again */

static uint64_t clock_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void end(struct progress_line *l)
{
	if (l->shown)
		fprintf(l->f, "\r%*s\r", WIDTH, "");
	fflush(l->f);
	l->running = l->shown = false;
}

static void report(struct progress *p, const char *what, uint64_t done, uint64_t total)
{
	struct progress_line *l = (struct progress_line *)p; /* its first member */
	uint64_t now = l->now_ms();

	if (done >= total) {
		end(l);
		return;
	}
	if (!l->running) {
		l->running = true;
		l->started_ms = now;
	}
	if (now - l->started_ms < PATIENCE_MS || (l->shown && now - l->shown_ms < EVERY_MS))
		return;
	l->shown = true;
	l->shown_ms = now;
	fprintf(l->f, "\r%s: unpacking the %.20s: %u %%", program_invocation_short_name, what,
		(unsigned int)(done * 100 / total));
	fflush(l->f);
}

struct progress *progress_stream(struct progress_line *ret, FILE *f, uint64_t (*now_ms)(void))
{
	*ret = (struct progress_line){
		.progress = { .report = report }, .f = f, .now_ms = now_ms,
	};
	return &ret->progress;
}

struct progress *progress_terminal(struct progress_line *ret)
{
	return isatty(STDERR_FILENO) ? progress_stream(ret, stderr, clock_ms) : NULL;
}
