/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way in and out. The old kernel jumps to the first byte with MMU and caches
 * off and all of the segment written back to memory; the stack is not known.
 */
#include "purgatory/arch/arm64/boot.h"

	.section .head, "ax", %progbits
	.globl purgatory_start
	.hidden purgatory_start
purgatory_start:
	b begin

	.text
begin:
	msr daifset, #0xf
	msr spsel, #1
	adrp x0, purgatory_stack_top
	add x0, x0, :lo12:purgatory_stack_top
	mov sp, x0
	adrp x19, purgatory_params
	add x19, x19, :lo12:purgatory_params
	mov x29, xzr
	mov x30, xzr
	mov x0, x19
	bl purgatory_main

	/* Documentation/arch/arm64/booting.rst: the device tree, and three zeros. */
	ldr x16, [x19, #PARAMS_KERNEL_ENTRY]
	ldr x0, [x19, #PARAMS_KERNEL_ARG]
	mov x1, xzr
	mov x2, xzr
	mov x3, xzr
	br x16

	.section .note.GNU-stack, "", %progbits
