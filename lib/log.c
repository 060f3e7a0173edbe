// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/log.h"

enum log_level log_level = LOG_NORMAL;

static void print_line(const char *prefix, const char *fmt, va_list ap)
{
	char line[4096]; /* a command line fits */

	vsnprintf(line, sizeof(line), fmt, ap);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	fprintf(stderr, "%s%s%s\n", prefix, *prefix ? ": " : "", line);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line(program_invocation_short_name, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (log_level < LOG_DEBUG)
		return;
	va_start(ap, fmt);
	print_line("", fmt, ap);
	va_end(ap);
}
