/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF vmlinux: parts that a loader can copy without looking again. */
#include "kexec/formats/formats.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoblob struct blob b = { 0 };
	autovmlinux struct vmlinux v = { 0 };
	struct extent all;
	bool code = false;
	uint64_t end = MiB;

	if (blob_copy(&b, (struct span){ data, size }, "input", NULL) < 0)
		return 0;
	all = blob_whole(&b);
	PROMISE(vmlinux_has_symbol(&all, "level4_kernel_pgt", NULL) <= 1);
	if (vmlinux_segments(&v, &all, NULL) < 0)
		return 0;
	PROMISE(v.nr > 0 && v.nr <= VMLINUX_PARTS);
	for (size_t i = 0; i < v.nr; i++) {
		const struct vmlinux_part *p = &v.parts[i];

		PROMISE(p->paddr % 4096 == 0 && p->memsz % 4096 == 0 && p->memsz > 0);
		PROMISE(i == 0 ? p->paddr >= end : p->paddr == end);
		end = p->paddr + p->memsz;
		PROMISE(end > p->paddr && p->bytes.len <= p->memsz);
		PROMISE(p->bytes.blob == (v.made.kind == BLOB_NONE ? &b : &v.made));
		PROMISE(range_fits(p->bytes.blob->size, p->bytes.off, p->bytes.len));
		code |= v.entry >= p->paddr && v.entry - p->paddr < p->bytes.len;
	}
	PROMISE(code);
	PROMISE(end - v.parts[0].paddr <= LIMIT_INIT_SIZE + 2 * 4096);
	return 0;
}
