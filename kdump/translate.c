// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Virtual to physical, for dumps that have physical addresses only: by what
 * vmcoreinfo says and, for memory that x86_64 maps wherever KASLR wants, by the
 * page tables in the dump.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <endian.h>
#include <errno.h>

#include "kdump/vmcore.h"

static int unmapped(struct why *w, uint64_t va)
{
	return why(w, -ENXIO, "virtual address 0x%llx is not mapped", (unsigned long long)va);
}

/* ---- x86_64: Intel SDM volume 3, 4.5; Documentation/arch/x86/x86_64/mm.rst ---- */

#define X86_IMAGE      UINT64_C(0xffffffff80000000)
#define X86_IMAGE_SIZE UINT64_C(0x40000000)
#define X86_PRESENT    UINT64_C(1)
#define X86_LARGE      UINT64_C(0x80)
#define X86_ADDRESS    UINT64_C(0x000ffffffffff000)

static bool x86_phys_base(const struct vmcore *v, uint64_t *ret)
{
	if (vmcoreinfo_get(&v->info, "NUMBER", "phys_base", ret))
		return true;
	*ret = v->phys_base;
	return v->has_phys_base;
}

static bool x86_in_image(uint64_t va)
{
	return va >= X86_IMAGE && va - X86_IMAGE < X86_IMAGE_SIZE;
}

static bool x86_top_table(const struct vmcore *v, uint64_t *ret)
{
	static const char *const names[] = { "init_top_pgt", "swapper_pg_dir", "init_level4_pgt" };
	uint64_t va, base;

	for (unsigned int i = 0; i < 3; i++)
		if (vmcoreinfo_get(&v->info, "SYMBOL", names[i], &va) && x86_in_image(va) &&
		    x86_phys_base(v, &base)) {
			*ret = va - X86_IMAGE + base;
			return true;
		}
	return false;
}

static int x86_walk(const struct vmcore *v, uint64_t va, uint64_t *ret, struct why *w)
{
	uint64_t five = 0, sme = 0, table, entry;
	unsigned int shift;

	vmcoreinfo_get(&v->info, "NUMBER", "pgtable_l5_enabled", &five);
	vmcoreinfo_get(&v->info, "NUMBER", "sme_mask", &sme);
	if (!x86_top_table(v, &table))
		return unmapped(w, va);
	for (shift = five ? 48 : 39;; shift -= 9) {
		int r = vmcore_read_phys(v, table + 8 * ((va >> shift) & 511), &entry,
					 sizeof(entry), w);

		if (r < 0)
			return r;
		entry = le64toh(entry) & ~sme;
		if (!(entry & X86_PRESENT))
			return unmapped(w, va);
		table = entry & X86_ADDRESS;
		if (shift == 12 || (shift <= 30 && (entry & X86_LARGE)))
			break;
	}
	*ret = (table & ~((UINT64_C(1) << shift) - 1)) | (va & ((UINT64_C(1) << shift) - 1));
	return 0;
}

static int x86_translate(const struct vmcore *v, uint64_t va, uint64_t *ret, struct why *w)
{
	uint64_t base;

	if (!x86_in_image(va) || !x86_phys_base(v, &base))
		return x86_walk(v, va, ret, w);
	*ret = va - X86_IMAGE + base;
	return 0;
}

/* ---- arm64: Documentation/arch/arm64/memory.rst ---- */

static int arm64_translate(const struct vmcore *v, uint64_t va, uint64_t *ret, struct why *w)
{
	uint64_t bits, offset, start, voffset, t1sz;
	bool linear;

	if (!vmcoreinfo_get(&v->info, "NUMBER", "VA_BITS", &bits) || bits < 36 || bits > 52 ||
	    !vmcoreinfo_get(&v->info, "NUMBER", "PHYS_OFFSET", &offset) ||
	    !vmcoreinfo_get(&v->info, "NUMBER", "kimage_voffset", &voffset) ||
	    va >> bits != UINT64_MAX >> bits)
		return unmapped(w, va);
	/* Linux 5.4 put memory into the lower half; 5.8 began to tell T1SZ. */
	if (vmcoreinfo_get(&v->info, "NUMBER", "TCR_EL1_T1SZ", &t1sz)) {
		uint64_t in_use = t1sz < 64 ? 64 - t1sz : bits;

		start = -(UINT64_C(1) << bits);
		linear = va < -(UINT64_C(1) << ((in_use < bits ? in_use : bits) - 1));
	} else {
		start = -(UINT64_C(1) << (bits - 1));
		linear = va >= start;
	}
	*ret = linear ? va - start + offset : va - voffset;
	return 0;
}

int vmcore_translate(const struct vmcore *v, uint64_t va, uint64_t *ret, struct why *w)
{
	switch (v->machine) {
	case EM_X86_64:
		return x86_translate(v, va, ret, w);
	case EM_AARCH64:
		return arm64_translate(v, va, ret, w);
	default:
		return unmapped(w, va);
	}
}
