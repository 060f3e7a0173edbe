// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The old kernel's page tables map RAM and what it knows of, but no devices. A UART
 * in memory gets a large page of its own, below tables that we bring along.
 */
#include <stddef.h>

#include "purgatory/arch/x86_64/cpu.h"
#include "purgatory/purgatory.h"

/* Intel SDM volume 3, 4.5. */
#define PRESENT	 UINT64_C(0x001)
#define WRITABLE UINT64_C(0x002)
#define UNCACHED UINT64_C(0x018) /* PCD and PWT */
#define LARGE	 UINT64_C(0x080)
#define ADDRESS	 UINT64_C(0x000ffffffffff000)

#define ENTRIES	     512
#define LARGE_SHIFT  21
#define LEVELS_SPARE 3 /* below the top level of five: all down to large pages */

/* One table a level: for one device. */
static uint64_t spare[LEVELS_SPARE][ENTRIES] __attribute__((aligned(4096)));

bool arch_map_device(uint64_t address)
{
	unsigned int shift = read_cr4() & CR4_LA57 ? 48 : 39, used = 0;
	uint64_t *table = (uint64_t *)(uintptr_t)(read_cr3() & ADDRESS);
	uint64_t *entry;

	/* Not in the half of the address space that maps to itself. */
	if (address >> (shift + 8))
		return false;
	for (;; shift -= 9) {
		entry = &table[address >> shift & (ENTRIES - 1)];
		if (*entry & PRESENT && (*entry & LARGE || shift < LARGE_SHIFT))
			return true; /* a page, mapped already */
		if (shift == LARGE_SHIFT && !(*entry & PRESENT))
			break;
		if (!(*entry & PRESENT)) {
			if (shift < LARGE_SHIFT || used == LEVELS_SPARE)
				return false;
			*entry = (uintptr_t)spare[used++] | PRESENT | WRITABLE;
		}
		table = (uint64_t *)(uintptr_t)(*entry & ADDRESS);
	}
	*entry = (address >> LARGE_SHIFT << LARGE_SHIFT) | PRESENT | WRITABLE | UNCACHED | LARGE;
	/* Nothing to flush: what was not there is in no TLB. */
	return true;
}
