/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The x86 setup header: an accepted one has facts that a loader can work with. */
#include "kexec/formats/formats.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoblob struct blob b = { 0 };
	struct boot_image img = { 0 };
	struct bzImage_facts facts;

	if (blob_copy(&b, (struct span){ data, size }, "input", NULL) < 0)
		return 0;
	img.kernel.bytes = blob_whole(&b);
	if (file_type_bzImage64.open(&img, NULL) < 0)
		return 0;
	PROMISE(extent_is_whole(&img.kernel.bytes));
	PROMISE(bzImage_facts(&facts, &img.kernel.bytes, NULL) == 0);
	PROMISE(facts.init_size > 0 && facts.init_size <= LIMIT_INIT_SIZE);
	return 0;
}
