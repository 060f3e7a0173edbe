/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in text of others: digits only, no blanks, signs or prefixes as strtoull(3) takes. */
#ifndef LIB_NUMBER_H
#define LIB_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* The value of a digit; a large number if it is none. */
static inline unsigned int number_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/*
 * The number of @base (10 or 16) that *@text starts with; *@text moves behind it.
 * False, and both untouched, if there is none or it has more than 64 bits.
 */
static inline bool number_take(const char **text, unsigned int base, uint64_t *ret)
{
	const char *c = *text;
	uint64_t value = 0;

	for (; number_digit(*c) < base; c++) {
		unsigned int digit = number_digit(*c);

		if (value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (c == *text)
		return false;
	*text = c;
	*ret = value;
	return true;
}

/* Moves *@text behind @c if it starts with that. */
static inline bool number_skip(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

#endif
