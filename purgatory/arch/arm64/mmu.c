// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Without an MMU every access of arm64 goes to memory, past the caches, and a digest
 * takes a hundred times as long. So purgatory maps itself, its console and what it is to
 * verify, and turns MMU and caches on meanwhile. The next kernel gets them as they were:
 * off, and with nothing in the caches that is not in memory
 * (Documentation/arch/arm64/booting.rst).
 */
#include <assert.h>
#include <stddef.h>

#include "purgatory/arch/arm64/map.h"
#include "purgatory/arch/arm64/mmu.h"
#include "purgatory/arch/arm64/sysreg.h"
#include "purgatory/purgatory.h"

static_assert(offsetof(struct mmu_regs, ttbr) == MMU_TTBR, "mmu.h");
static_assert(offsetof(struct mmu_regs, mair) == MMU_MAIR, "mmu.h");
static_assert(offsetof(struct mmu_regs, tcr) == MMU_TCR, "mmu.h");
static_assert(offsetof(struct mmu_regs, sctlr) == MMU_SCTLR, "mmu.h");

#define SCTLR_M	  (UINT64_C(1) << 0)
#define SCTLR_C	  (UINT64_C(1) << 2)
#define SCTLR_I	  (UINT64_C(1) << 12)
#define SCTLR_WXN (UINT64_C(1) << 19) /* what can be written cannot be run */

/* MAIR: of two kinds. */
enum { MEMORY, DEVICE };
#define MAIR (UINT64_C(0xff) << 8 * MEMORY | UINT64_C(0x00) << 8 * DEVICE)

/* TCR: tables in cached memory, 48 bits. */
#define TCR_BASE     ((64 - MAP_BITS) | UINT64_C(1) << 8 | UINT64_C(1) << 10 | UINT64_C(3) << 12)
#define TCR_EPD1     (UINT64_C(1) << 23) /* nothing in the upper half */
#define TCR_IPS	     32
#define TCR_EL2_RES1 (UINT64_C(1) << 31 | UINT64_C(1) << 23)
#define TCR_EL2_PS   16

/* Of ID_AA64MMFR0_EL1 and ID_AA64MMFR3_EL1. */
#define PARANGE(mmfr0) ((mmfr0)&0xf)
#define PARANGE_48     5
#define TGRAN4(mmfr0)  ((mmfr0) >> 28 & 0xf)
#define TGRAN4_NONE    0xf
#define TCRX(mmfr3)    ((mmfr3)&0xf)

/* By number: assemblers before 2023 do not know their names. */
#define ID_AA64MMFR3_EL1 s3_0_c0_c7_3
#define TCR2_EL1	 s3_0_c2_c0_3
#define TCR2_EL2	 s3_4_c2_c0_3

#define READ(name)	   READ_SYS(name)
#define WRITE(name, value) WRITE_SYS(name, value)

extern char purgatory_end[] __attribute__((visibility("hidden")));

static uint64_t tables[MAP_TABLES][MAP_ENTRIES] __attribute__((aligned(4096)));
static struct mmu_regs before, ours;
static uint64_t tcr2;
static bool is_on;

static uint64_t sctlr_read(void)
{
	return at_el2() ? READ_SYS(sctlr_el2) : READ_SYS(sctlr_el1);
}

static uint64_t own_start(void)
{
	return (uintptr_t)&purgatory_params;
}

static uint64_t own_end(void)
{
	return ((uintptr_t)purgatory_end + MAP_PAGE - 1) & ~(MAP_PAGE - 1);
}

static bool make_map(struct map *map, const struct purgatory_params *p, unsigned int parange)
{
	uint64_t any = MAP_ACCESSED | (el2_alone() ? MAP_ONE_EL : 0);
	uint64_t no_code = MAP_XN | (el2_alone() ? 0 : MAP_PXN);
	uint64_t memory = any | MAP_ATTR(MEMORY) | MAP_INNER;
	/* Bits of an address by PARange, up to what the tables reach. */
	static const uint8_t bits[PARANGE_48 + 1] = { 32, 36, 40, 42, 44, 48 };
	uint64_t top = UINT64_C(1) << bits[parange];
	bool good = own_end() <= top;

	map_init(map, tables);
	good = good && map_add(map, own_start(), own_end() - own_start(), memory);
	if (p->flags & PURGATORY_SERIAL_MMIO)
		good = good && p->serial < top &&
		       map_add(map, p->serial, 64, any | MAP_ATTR(DEVICE) | no_code);
	for (uint32_t i = 0; i < p->nr_ranges; i++)
		good = good && p->ranges[i].start + p->ranges[i].len <= top &&
		       map_add(map, p->ranges[i].start, p->ranges[i].len, memory | no_code);
	return good;
}

static void forget_ranges(const struct purgatory_params *p)
{
	for (uint32_t i = 0; i < p->nr_ranges; i++)
		caches_forget(p->ranges[i].start, p->ranges[i].start + p->ranges[i].len);
}

/* Extensions of translation that the old kernel may have had on: none of them is ours. */
static void tcr2_swap(void)
{
	uint64_t old;

	if (TCRX(READ(ID_AA64MMFR3_EL1)) == 0)
		return;
	old = at_el2() ? READ(TCR2_EL2) : READ(TCR2_EL1);
	if (at_el2())
		WRITE(TCR2_EL2, tcr2);
	else
		WRITE(TCR2_EL1, tcr2);
	tcr2 = old;
}

static void read_before(void)
{
	if (at_el2())
		before = (struct mmu_regs){ READ_SYS(ttbr0_el2), READ_SYS(mair_el2),
					    READ_SYS(tcr_el2), sctlr_read() };
	else
		before = (struct mmu_regs){ READ_SYS(ttbr0_el1), READ_SYS(mair_el1),
					    READ_SYS(tcr_el1), sctlr_read() };
}

void arch_caches_begin(const struct purgatory_params *p)
{
	uint64_t mmfr0 = READ_SYS(id_aa64mmfr0_el1), parange = PARANGE(mmfr0);
	struct map map;

	read_before();
	if (parange > PARANGE_48)
		parange = PARANGE_48;
	/* What cannot be mapped is verified slowly. */
	if (before.sctlr & SCTLR_M || TGRAN4(mmfr0) == TGRAN4_NONE ||
	    !make_map(&map, p, (unsigned int)parange))
		return;
	ours = (struct mmu_regs){
		.ttbr = (uintptr_t)map.tables[0],
		.mair = MAIR,
		.tcr = TCR_BASE | (el2_alone() ? TCR_EL2_RES1 | parange << TCR_EL2_PS
					       : TCR_EPD1 | parange << TCR_IPS),
		.sctlr = (before.sctlr | SCTLR_M | SCTLR_C | SCTLR_I) & ~SCTLR_WXN,
	};
	tcr2_swap();
	/* What is verified is what is in memory, where the next kernel will look. */
	forget_ranges(p);
	is_on = true;
	mmu_on(&ours, own_start(), own_end());
}

void arch_caches_end(const struct purgatory_params *p)
{
	if (!is_on)
		return;
	is_on = false;
	mmu_off(&before, own_start(), own_end());
	tcr2_swap();
	forget_ranges(p);
}

void arch_tell_caches(struct console *c, sha256_blocks *blocks)
{
	uint64_t sctlr = sctlr_read();

	console_print(c, "purgatory: SCTLR M=");
	console_number(c, !!(sctlr & SCTLR_M), 10);
	console_print(c, " C=");
	console_number(c, !!(sctlr & SCTLR_C), 10);
	console_print(c, " I=");
	console_number(c, !!(sctlr & SCTLR_I), 10);
	console_print(c, blocks == sha256_plain ? "\n" : ", SHA-2 instructions\n");
}
