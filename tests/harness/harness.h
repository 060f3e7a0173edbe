/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for the kernel: runs a program and answers the system calls that
 * load and start kernels, without a kernel that knows them, without root, and
 * without any effect.
 *
 * By seccomp's user notification: the program stops in the call, we look at its
 * memory and descriptors, and answer. What is not caught goes to the real kernel.
 * The program is trusted to be no adversary: it could change an argument after we
 * have read it.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "tests/harness/machine.h"

#define MAX_ANSWERS 8

/* --answer: what a system call is answered, whatever its arguments. */
struct fixed_answer {
	const char *syscall;
	int err; /* an errno, 0 for success */
};

struct harness {
	int listener;
	pid_t child;
	int root;	     /* the recorded machine's folder, -1 for this machine */
	const char *release; /* what uname(2) tells; NULL: the truth */
	const char *dump;    /* folder for the bytes of what is loaded, or NULL */
	FILE *record;
	struct machine machine;
	struct fixed_answer answers[MAX_ANSWERS];
	int nr_answers;
	bool gone; /* the program has handed over to a kernel or to shutdown(8) */
};

/* One stopped system call. */
struct call {
	struct harness *h;
	uint64_t id;
	pid_t tid;
	int nr;
	const uint64_t *args;
};

/* What becomes of a call; an errno is negative. */
struct answer {
	enum { ANSWER_VALUE, ANSWER_LET_PASS, ANSWER_SENT } how;
	int64_t value;
};

static inline struct answer value(int64_t v)
{
	return (struct answer){ .how = ANSWER_VALUE, .value = v };
}

static inline struct answer let_pass(void)
{
	return (struct answer){ .how = ANSWER_LET_PASS };
}

/* filter.c: which calls stop. Called in the child; returns the listener or -errno. */
int filter_install(void);
#define SHUTDOWN_NAME "shutdown"

/* memory.c: all return 0 or -errno. */
int memory_read(const struct call *c, uint64_t from, void *to, size_t len);
int memory_write(const struct call *c, uint64_t to, const void *from, size_t len);
int memory_string(const struct call *c, uint64_t from, char *to, size_t size);
/* A descriptor of the program's, as one of ours. */
int memory_descriptor(const struct call *c, int fd);
/* Makes @fd a descriptor of the program's and the call's result. */
struct answer memory_give_descriptor(const struct call *c, int fd, bool cloexec);

/* paths.c: files below /proc and /sys come from the recorded machine. */
struct answer paths_call(const struct call *c);
/* kexec.c: kexec_load, kexec_file_load. */
struct answer kexec_call(const struct call *c);
/* process.c: reboot, sync, identities, names. */
struct answer process_call(const struct call *c);

/* record.c */
void record_text(FILE *f, const char *text); /* quoted, control characters escaped */
void record_bytes(FILE *f, const char *bytes, size_t len);
/* Writes " -> 0" or " -> ENAME" and ends the line. */
void record_result(const struct call *c, int result);
/* The name of an errno, "E???" if there is none. */
const char *errno_name(int err);
/* -1 if there is no such name. */
int errno_number(const char *name);

#endif
