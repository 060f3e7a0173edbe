/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files, compressed: every codec; what comes out may be anything. */
#include "tests/fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format(data, size, &file_type_compressed);
}
