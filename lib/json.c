// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>

#include "lib/escape.h"
#include "lib/json.h"

static void new_line(const struct json *j)
{
	fprintf(j->f, "\n%*s", 2 * (int)j->depth, "");
}

static void begin_value(struct json *j, const char *key)
{
	if (j->more)
		fputc(',', j->f);
	if (j->depth > 0)
		new_line(j);
	if (key)
		fprintf(j->f, "\"%s\": ", key);
	j->more = true;
}

static void open_level(struct json *j, const char *key, char open, char close)
{
	begin_value(j, key);
	if (j->depth == JSON_DEPTH)
		abort();
	fputc(open, j->f);
	j->close[j->depth++] = close;
	j->more = false;
}

void json_object(struct json *j, const char *key)
{
	open_level(j, key, '{', '}');
}

void json_array(struct json *j, const char *key)
{
	open_level(j, key, '[', ']');
}

void json_end(struct json *j)
{
	if (j->depth == 0)
		abort();
	j->depth--;
	if (j->more)
		new_line(j);
	fputc(j->close[j->depth], j->f);
	j->more = true;
	if (j->depth == 0)
		fputc('\n', j->f);
}

void json_bytes(struct json *j, const char *key, struct span text)
{
	begin_value(j, key);
	fputc('"', j->f);
	escape_json(j->f, text);
	fputc('"', j->f);
}

void json_string(struct json *j, const char *key, const char *text)
{
	if (text)
		json_bytes(j, key, span_of(text));
	else
		json_null(j, key);
}

void json_number(struct json *j, const char *key, uint64_t n)
{
	begin_value(j, key);
	fprintf(j->f, "%" PRIu64, n);
}

void json_bool(struct json *j, const char *key, bool yes)
{
	begin_value(j, key);
	fputs(yes ? "true" : "false", j->f);
}

void json_null(struct json *j, const char *key)
{
	begin_value(j, key);
	fputs("null", j->f);
}
