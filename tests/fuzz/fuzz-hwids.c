/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of machines in a UKI: the first 16 bytes of the input are the id looked for. */
#include <string.h>

#include "kexec/uki-dtb.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pe_section hwids = { .name = ".hwids", .file_off = CHID_SIZE };
	struct uki_slice slice = { .by_name[UKI_HWIDS] = &hwids };
	const struct pe_section *found = &hwids;
	struct machine_id id = { .nr_chids = 1 };
	autoblob struct blob b = { 0 };
	struct extent all;

	if (size < CHID_SIZE || blob_copy(&b, (struct span){ data, size }, "input", NULL) < 0)
		return 0;
	memcpy(id.chids[0], data, CHID_SIZE);
	hwids.file_len = size - CHID_SIZE;
	all = blob_whole(&b);
	PROMISE(uki_dtb_choose(&found, &slice, &all, &id, NULL) < 0 || !found);
	return 0;
}
