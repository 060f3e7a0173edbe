/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MMU and caches on and off: mmu.h. */
#include "purgatory/arch/arm64/boot.h"
#include "purgatory/arch/arm64/mmu.h"

/* Does "dc OPERATION" for each line from x1 to x2; changes x8 to x10. */
.macro each_line operation
	mrs x8, ctr_el0
	ubfx x8, x8, #16, #4 /* DminLine: words, as a power of two */
	mov x9, #4
	lsl x9, x9, x8
	sub x8, x9, #1
	bic x10, x1, x8
8:	cmp x10, x2
	b.hs 9f
	dc \operation, x10
	add x10, x10, x9
	b 8b
9:	dsb sy
.endm

/* Branches if this is EL2; changes x8. */
.macro if_el2 label
	mrs x8, CurrentEL
	cmp x8, #(2 << 2)
	b.eq \label
.endm

/* All that was remembered of translations and instructions. */
.macro forget_rest
	ic iallu
	if_el2 6f
	tlbi vmalle1
	b 7f
6:	tlbi alle2
7:	dsb nsh
	isb
.endm

/* x3 to x5: TTBR, MAIR, TCR */
.macro set_translation
	if_el2 4f
	msr ttbr0_el1, x3
	msr mair_el1, x4
	msr tcr_el1, x5
	b 5f
4:	msr ttbr0_el2, x3
	msr mair_el2, x4
	msr tcr_el2, x5
5:	isb
.endm

/* x6 */
.macro set_sctlr
	if_el2 2f
	msr sctlr_el1, x6
	b 3f
2:	msr sctlr_el2, x6
3:	isb
.endm

	.text
	.globl mmu_on
	.hidden mmu_on
mmu_on:
	ldp x3, x4, [x0, #MMU_TTBR]
	ldp x5, x6, [x0, #MMU_TCR]
	dsb sy
	each_line ivac
	set_translation
	forget_rest
	set_sctlr
	ret

	.globl mmu_off
	.hidden mmu_off
mmu_off:
	ldp x3, x4, [x0, #MMU_TTBR]
	ldp x5, x6, [x0, #MMU_TCR]
	dsb sy
	each_line civac
	set_sctlr
	/* What the processor has read ahead since. */
	each_line civac
	set_translation
	forget_rest
	ret

	.globl caches_forget
	.hidden caches_forget
caches_forget:
	mov x2, x1
	mov x1, x0
	each_line civac
	ret

	.section .note.GNU-stack, "", %progbits
