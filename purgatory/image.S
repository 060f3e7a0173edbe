/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the linked purgatory into the program. PURGATORY_BIN: its path, from the Makefile. */
	.section .rodata
	.balign 16
	.globl purgatory_image, purgatory_image_end
	.hidden purgatory_image, purgatory_image_end
purgatory_image:
	.incbin PURGATORY_BIN
purgatory_image_end:
	.byte 0

	.section .note.GNU-stack, "", %progbits
