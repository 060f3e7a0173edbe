/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Untrusted bytes made fit for a terminal and for JSON: what comes out is
 * printable, whatever went in.
 */
#ifndef LIB_ESCAPE_H
#define LIB_ESCAPE_H

#include <stdio.h>

#include "lib/span.h"

/* As in C: \n, \t, \\, and \x1b for all else. @quote is escaped as well; 0: nothing more. */
void escape_text(FILE *f, struct span bytes, char quote);

/*
 * The inside of a JSON string (RFC 8259). UTF-8 becomes \u escapes, with
 * surrogates where need be; what is no UTF-8 becomes U+FFFD, byte by byte.
 */
void escape_json(FILE *f, struct span bytes);

/*
 * For a message on one line, in place: '?' for each control character, also those of two
 * bytes (U+0080 to U+009F, some of which begin an escape sequence), and for each byte that
 * is no UTF-8. Other characters stay, so that a name in any language can be read.
 */
void escape_line(char *text);

/* The bytes of a C string, without its NUL. */
static inline struct span span_of(const char *text)
{
	return (struct span){ (const unsigned char *)text, strlen(text) };
}

#endif
