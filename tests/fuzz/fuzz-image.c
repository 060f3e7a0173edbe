/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any file at all. */
#include "tests/fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format(data, size, NULL);
}
