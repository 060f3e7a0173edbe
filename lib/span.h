/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checked reads of untrusted bytes in memory.
 *
 * A span borrows bytes: it never owns them and never outlives them. This is
 * the only place that does pointer arithmetic on input; everyone else asks and
 * gets a copy, a smaller span, or false. Offsets and lengths are bytes, 64 bits
 * wide, and are never added to each other before they are known to fit.
 */
#ifndef LIB_SPAN_H
#define LIB_SPAN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const unsigned char *data;
	size_t size;
};

static inline bool range_fits(uint64_t size, uint64_t off, uint64_t len)
{
	return off <= size && len <= size - off;
}

/* The @len bytes at @off of @s; false, and @ret untouched, if they are not all there. */
static inline bool span_sub(struct span *ret, struct span s, uint64_t off, uint64_t len)
{
	if (!range_fits(s.size, off, len))
		return false;
	*ret = (struct span){ .data = s.data ? s.data + off : NULL, .size = len };
	return true;
}

/* Copies the @len bytes at @off out to @ret; false, and @ret untouched, if they are not there. */
static inline bool span_get(void *ret, struct span s, uint64_t off, size_t len)
{
	struct span sub;

	if (!span_sub(&sub, s, off, len))
		return false;
	if (len)
		memcpy(ret, sub.data, len);
	return true;
}

/* Are the bytes at @off exactly @want? */
static inline bool span_is(struct span s, uint64_t off, const void *want, size_t len)
{
	struct span sub;

	return span_sub(&sub, s, off, len) && memcmp(sub.data, want, len) == 0;
}

/*
 * Copies a name of @len bytes, NUL padded in the input, and ends it with a NUL:
 * @ret has room for @len + 1. Where bytes stand behind the padding's start, or no
 * ASCII, '?' takes their place: such a name equals no real one and prints safely.
 */
static inline bool span_name(char *ret, struct span s, uint64_t off, size_t len)
{
	struct span name;
	size_t end = len;

	if (!span_sub(&name, s, off, len))
		return false;
	while (end > 0 && name.data[end - 1] == 0)
		end--;
	for (size_t i = 0; i < end; i++)
		ret[i] = name.data[i] > 0x20 && name.data[i] < 0x7f ? (char)name.data[i] : '?';
	memset(ret + end, 0, len + 1 - end);
	return true;
}

#define SPAN_READER(order, bits)                                                         \
	static inline bool span_##order##bits(struct span s, uint64_t off,                  \
					      uint##bits##_t *ret)                          \
	{                                                                                \
		uint##bits##_t raw;                                                      \
                                                                                         \
		if (!span_get(&raw, s, off, sizeof(raw)))                                \
			return false;                                                    \
		*ret = order##bits##toh(raw);                                              \
		return true;                                                             \
	}

SPAN_READER(le, 16)
SPAN_READER(le, 32)
SPAN_READER(le, 64)
SPAN_READER(be, 16)
SPAN_READER(be, 32)

#undef SPAN_READER

#endif
