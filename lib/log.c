// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/cleanup.h"
#include "lib/escape.h"
#include "lib/log.h"

enum log_level log_level = LOG_NORMAL;

/* As long as it must be: behind a long path or command line is the reason. */
static void print_line(const char *prefix, const char *fmt, va_list ap)
{
	autofree char *line = NULL;

	if (vasprintf(&line, fmt, ap) < 0)
		line = NULL;
	else
		escape_line(line);
	fprintf(stderr, "%s%s%s\n", prefix, *prefix ? ": " : "", line ? line : "out of memory");
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
