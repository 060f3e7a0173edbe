/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "tests/unit/random.h"

/* xorshift64*, Vigna 2016 */
static uint64_t random_state;

void random_start(uint64_t seed)
{
	random_state = seed;
}

uint64_t random_number(uint64_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1d >> 16) % below;
}

unsigned long number_from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

uint64_t bytes_get(const struct bytes *image, size_t off, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint64_t)image->data[off + i] << 8 * i;
	return value;
}

uint64_t random_wrong(const struct bytes *image, uint64_t now)
{
	switch (random_number(10)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return UINT64_MAX - random_number(3);
	case 3:
		return INT64_MAX + random_number(3);
	case 4:
		return now + random_number(5) - 2;
	case 5:
		return image->size - now + random_number(5) - 2;
	case 6:
		return image->size + random_number(5) - 2;
	case 7:
		return now ^ UINT64_C(1) << random_number(64);
	case 8:
		return random_number(image->size);
	default:
		return random_number(UINT64_MAX);
	}
}

void random_field(struct bytes *image, size_t off, unsigned int width)
{
	if (range_fits(image->size, off, width))
		bytes_set(image, off, width, random_wrong(image, bytes_get(image, off, width)));
}
