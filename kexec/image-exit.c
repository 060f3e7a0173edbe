// SPDX-License-Identifier: GPL-2.0-or-later
/* What the sub-commands of kexec-image have in common: how they fail. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "kexec/image.h"
#include "lib/cleanup.h"
#include "lib/log.h"

/* Errors that say something about the input; all others come from reading and writing. */
static const int refusals[] = {
	ENOEXEC, EBADMSG, EOPNOTSUPP, E2BIG, EEXIST, EINVAL, EISDIR, ENODATA,
};

enum image_exit image_failed(const char *name, const struct why *w)
{
	log_error("%s%s%s", name ? name : "", name ? ": " : "", w->text);
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (w->err == -refusals[i])
			return IMAGE_EXIT_REFUSED;
	return IMAGE_EXIT_IO;
}

enum image_exit image_usage(const char *command, const char *fmt, ...)
{
	char text[WHY_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error("%s", text);
	log_error("try 'kexec-image%s%s --help'", *command ? " " : "", command);
	return IMAGE_EXIT_REFUSED;
}
