/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes for people: "37.4 MiB", below 1 MiB "512 KiB". */
#ifndef LIB_AMOUNT_H
#define LIB_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

struct amount {
	char text[32];
};

/*
 * Up or down to a tenth. Who says what is needed rounds up and who says what is there
 * rounds down, so that one byte too many does not read "256 MiB do not fit into 256 MiB".
 */
struct amount amount(uint64_t bytes, bool round_up);

#endif
