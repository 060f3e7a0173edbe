/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What C and assembly of purgatory know of the MMU. */
#ifndef PURGATORY_ARCH_ARM64_MMU_H
#define PURGATORY_ARCH_ARM64_MMU_H

/* Offsets of struct mmu_regs. */
#define MMU_TTBR  0
#define MMU_MAIR  8
#define MMU_TCR	  16
#define MMU_SCTLR 24

#ifndef __ASSEMBLER__
#include <stdint.h>

/* The registers of this exception level. */
struct mmu_regs {
	uint64_t ttbr, mair, tcr, sctlr;
};

#pragma GCC visibility push(hidden)

/*
 * Both take @start and @end, a multiple of pages, all of purgatory, whose memory nobody
 * else writes. mmu_on() forgets what caches say about it, as it was written without them,
 * and mmu_off() writes back what was written with them. Neither uses the stack.
 */
void mmu_on(const struct mmu_regs *to, uint64_t start, uint64_t end);
void mmu_off(const struct mmu_regs *to, uint64_t start, uint64_t end);

/* Writes back what caches have of these bytes, and forgets it. */
void caches_forget(uint64_t start, uint64_t end);

#pragma GCC visibility pop
#endif

#endif
