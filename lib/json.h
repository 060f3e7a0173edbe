/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes JSON (RFC 8259) to a stream, indented, in ASCII. What is open is
 * closed by json_end(); keys are ours and are not escaped, values may be
 * anything. @key is NULL inside arrays and for the outermost value.
 */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/span.h"

#define JSON_DEPTH 16

struct json {
	FILE *f;
	unsigned int depth;
	char close[JSON_DEPTH]; /* of each level */
	bool more;              /* something stands on this level already */
};

/* abort()s over JSON_DEPTH levels: nesting is ours, not the input's. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j);

void json_bytes(struct json *j, const char *key, struct span text);
/* NULL is written as null. */
void json_string(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, uint64_t n);
void json_bool(struct json *j, const char *key, bool yes);
void json_null(struct json *j, const char *key);

#endif
