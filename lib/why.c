// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/why.h"

int why(struct why *w, int err, const char *fmt, ...)
{
	va_list ap;

	if (!w || w->err)
		return err;

	w->err = err;
	va_start(ap, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
	escape_line(w->text);
	return err;
}

void why_prefix(struct why *w, const char *fmt, ...)
{
	char reason[WHY_SIZE];
	va_list ap;
	int n;

	if (!w || !w->err)
		return;
	memcpy(reason, w->text, sizeof(reason));
	va_start(ap, fmt);
	n = vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(w->text))
		snprintf(w->text + n, sizeof(w->text) - n, "%s", reason);
	escape_line(w->text);
}

void why_clear(struct why *w)
{
	if (w)
		*w = (struct why){ 0 };
}
