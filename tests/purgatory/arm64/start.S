/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for the old kernel and the next one. QEMU starts it at START with the MMU
 * off; it makes the processor as unfriendly as an old kernel may leave it (vector
 * registers trap, accesses that are not aligned fault, as they do without caches), and
 * jumps to purgatory, which jumps to "payload".
 */
#include "tests/purgatory/arm64/machine.h"

#define HCR_E2H    (1 << 34)
#define CPACR_SMEN (3 << 24)
#define CPACR_FPEN (3 << 20)
#define CPTR_TSM   (1 << 12)

/* By number: older assemblers do not know its name. */
#define SMSTART_SM 0xd503437f

	.section .head, "ax", %progbits
	.globl start
start:
	b begin
	/* The "next kernel": at START + 4. */
payload:
	b arrived

	.text
begin:
	ldr x9, =ORDERS
	ldp x10, x11, [x9]
	adr x12, vectors
	mrs x13, CurrentEL
	cmp x13, #8
	b.eq 2f
	msr vbar_el1, x12
	tbz x11, #2, 7f
	mov x14, #(CPACR_SMEN | CPACR_FPEN)
	msr cpacr_el1, x14
	isb
	.inst SMSTART_SM
	bic x14, x14, #CPACR_FPEN
	msr cpacr_el1, x14
	b 8f
7:	msr cpacr_el1, xzr
8:	mrs x14, sctlr_el1
	orr x14, x14, #2
	tbz x11, #1, 5f
	orr x14, x14, #(1 << 12)
5:	msr sctlr_el1, x14
	b 3f
2:	msr vbar_el2, x12
	tbz x11, #0, 1f
	mrs x14, hcr_el2
	orr x14, x14, #HCR_E2H
	msr hcr_el2, x14
	isb
	msr cptr_el2, xzr /* FPEN clear */
	b 4f
1:	mrs x14, cptr_el2
	tbz x11, #2, 9f
	bic x14, x14, #CPTR_TSM
	msr cptr_el2, x14
	isb
	.inst SMSTART_SM
9:	orr x14, x14, #(1 << 10) /* TFP */
	msr cptr_el2, x14
4:	mrs x14, sctlr_el2
	orr x14, x14, #2
	tbz x11, #1, 6f
	orr x14, x14, #(1 << 12)
6:	msr sctlr_el2, x14
3:	isb
	bl translation
	ldr x9, =BEFORE
	stp x14, x15, [x9]
	mrs x14, cntvct_el0
	str x14, [x9, #16]
	/* What a kernel leaves in registers is nobody's. */
	mov x0, #-1
	mov x1, #-1
	mov x2, #-1
	mov x3, #-1
	mov x19, #-1
	mov sp, x9
	msr daifclr, #0xf
	br x10

/* x14, x15: SCTLR and TCR of this level; changes x13. */
translation:
	mrs x13, CurrentEL
	cmp x13, #8
	b.eq 1f
	mrs x14, sctlr_el1
	mrs x15, tcr_el1
	ret
1:	mrs x14, sctlr_el2
	mrs x15, tcr_el2
	ret

arrived:
	mrs x25, cntvct_el0
	mrs x20, daif
	mrs x21, CurrentEL
	mov x22, x0
	mov x23, x1
	orr x23, x23, x2
	orr x23, x23, x3
	mov x24, sp
	ldr x9, =STACK
	mov sp, x9
	adr x0, text_x0
	bl say
	mov x0, x22
	bl say_hex
	adr x0, text_others
	bl say
	mov x0, x23
	bl say_hex
	adr x0, text_daif
	bl say
	mov x0, x20
	bl say_hex
	adr x0, text_el
	bl say
	lsr x0, x21, #2
	bl say_hex
	adr x0, text_trap
	bl say
	cmp x21, #8
	b.eq 1f
	mrs x0, cpacr_el1
	b 2f
1:	mrs x0, cptr_el2
2:	bl say_hex
	/* Differences to what was: none. */
	adr x0, text_sctlr
	bl say
	bl translation
	ldr x9, =BEFORE
	ldp x10, x11, [x9]
	eor x26, x11, x15
	eor x0, x10, x14
	bl say_hex
	adr x0, text_tcr
	bl say
	mov x0, x26
	bl say_hex
	/* With -icount shift=0 an instruction takes a nanosecond. */
	adr x0, text_instructions
	bl say
	ldr x9, =BEFORE
	ldr x10, [x9, #16]
	sub x10, x25, x10
	mrs x11, cntfrq_el0
	ldr x12, =1000000000
	mul x10, x10, x12
	udiv x0, x10, x11
	bl say_hex
	adr x0, text_end
	bl say
	b leave

/* Semihosting: SYS_EXIT, ADP_Stopped_ApplicationExit. */
leave:
	mov x0, #0x18
	ldr x1, =exit_block
	hlt #0xf000
	b leave

say:
	ldr x9, =PL011
1:	ldrb w10, [x0], #1
	cbz w10, 2f
	str w10, [x9]
	b 1b
2:	ret

say_hex:
	ldr x9, =PL011
	mov x11, #64
1:	sub x11, x11, #4
	lsr x10, x0, x11
	and x10, x10, #15
	cmp x10, #10
	add x12, x10, #'0'
	add x13, x10, #('a' - 10)
	csel x10, x12, x13, lo
	str w10, [x9]
	cbnz x11, 1b
	ret

fault:
	ldr x9, =STACK
	mov sp, x9
	adr x0, text_fault
	bl say
	mrs x21, CurrentEL
	cmp x21, #8
	b.eq 1f
	mrs x0, esr_el1
	mrs x22, elr_el1
	b 2f
1:	mrs x0, esr_el2
	mrs x22, elr_el2
2:	bl say_hex
	adr x0, text_at
	bl say
	mov x0, x22
	bl say_hex
	adr x0, text_end
	bl say
	b leave

	.balign 2048
vectors:
	.rept 16
	.balign 128
	b fault
	.endr

	.section .rodata
	.balign 8
exit_block:
	.quad 0x20026, 0
text_x0:     .asciz "payload: x0="
text_others: .asciz " x1-3="
text_daif:   .asciz " daif="
text_el:     .asciz " el="
text_trap:   .asciz " trap="
text_sctlr:  .asciz "\npayload: changed: sctlr="
text_tcr:    .asciz " tcr="
text_instructions: .asciz "\npayload: instructions="
text_fault:  .asciz "payload: fault esr="
text_at:     .asciz " at="
text_end:    .asciz "\npayload: end\n"

	.section .note.GNU-stack, "", %progbits
