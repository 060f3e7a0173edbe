/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diagnostics for the person at the keyboard, on stderr. Only programs and the
 * files with effects use this; the pure core reports through struct why. The
 * level is the one writable global of the project.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

enum log_level {
	LOG_NORMAL,
	LOG_DEBUG, /* -d */
};

extern enum log_level log_level;

/* One line, the program's name in front ("kexec: "), newline added. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One line as it is, only with -d. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
