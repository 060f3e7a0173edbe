/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PE headers: whatever comes in, what comes out lies inside. */
#include "kexec/formats/pe.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoblob struct blob b = { 0 };
	autope struct pe pe = { 0 };
	struct extent all, cut;

	if (blob_copy(&b, (struct span){ data, size }, "input", NULL) < 0)
		return 0;
	all = cut = blob_whole(&b);
	if (pe_cut_at_certificates(&cut, NULL) == 0)
		PROMISE(cut.off == 0 && cut.len <= size);
	if (pe_read(&pe, &all, NULL) < 0)
		return 0;
	PROMISE(pe.nr_sections > 0 && pe.nr_sections <= LIMIT_PE_SECTIONS);
	PROMISE(range_fits(size, pe.cert_off, pe.cert_len));
	for (size_t i = 0; i < pe.nr_sections; i++)
		PROMISE(range_fits(size, pe.sections[i].file_off, pe.sections[i].file_len));
	return 0;
}
