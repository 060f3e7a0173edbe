// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "lib/amount.h"
#include "lib/limits.h"

struct amount amount(uint64_t bytes, bool round_up)
{
	uint64_t unit = bytes < MiB ? KiB : MiB;
	uint64_t whole = bytes / unit;
	uint64_t tenths = (bytes % unit * 10 + (round_up ? unit - 1 : 0)) / unit;
	char fraction[4] = "";
	struct amount ret;

	if (tenths == 10) {
		whole++;
		tenths = 0;
	}
	if (tenths)
		snprintf(fraction, sizeof(fraction), ".%u", (unsigned int)tenths % 10);
	snprintf(ret.text, sizeof(ret.text), "%" PRIu64 "%s %s", whole, fraction,
		 unit == MiB ? "MiB" : "KiB");
	return ret;
}
