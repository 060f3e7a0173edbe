/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who waits for long work is told how far it is. Whoever works calls report();
 * what becomes of that, a line on a terminal for one, is the listener's business.
 */
#ifndef LIB_PROGRESS_H
#define LIB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	/* Bytes of the input; @done == @total ends the job, however it went. */
	void (*report)(struct progress *p, const char *what, uint64_t done, uint64_t total);
};

/* A line that appears after a second and goes away in the end. */
struct progress_line {
	struct progress progress;
	FILE *f;
	uint64_t (*now_ms)(void);
	bool running, shown;
	uint64_t started_ms, shown_ms;
};

/* For standard error; NULL if that is no terminal. @ret has to live as long as the result. */
struct progress *progress_terminal(struct progress_line *ret);

/* The same for any stream and clock, for tests. */
struct progress *progress_stream(struct progress_line *ret, FILE *f, uint64_t (*now_ms)(void));

#endif
