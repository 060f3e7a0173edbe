/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one reason why something failed.
 *
 * Whoever notices a problem first says what it is, in words for the person at
 * the keyboard; later and vaguer reasons do not replace it. Parsers never print:
 * main() does, once.
 *
 * The vocabulary of errors: -ENOEXEC not this format; -EBADMSG malformed;
 * -EOPNOTSUPP valid, but not supported here; -E2BIG over one of the limits of
 * lib/limits.h; -ENOMEM. Reading a file may add what the kernel said.
 */
#ifndef LIB_WHY_H
#define LIB_WHY_H

#define WHY_SIZE 512

struct why {
	int err; /* negative errno, 0 while nothing has failed */
	char text[WHY_SIZE];
};

/*
 * Records the reason unless there is one already, and returns @err, so that it
 * can stand in a return statement. @w may be NULL. What comes from the input and
 * does not fit a terminal is shown as '?' (lib/escape.h).
 */
int why(struct why *w, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts context in front of the reason, if there is one: "kernel inside the UKI: .." */
void why_prefix(struct why *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Forgets the reason: the attempt that gave it did not matter after all. */
void why_clear(struct why *w);

#endif
