/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way in and out. The old kernel jumps to the first byte in 64-bit mode, with
 * memory mapped as it is, interrupts off, and nothing known about stack, GDT and IDT.
 */
#include "purgatory/arch/x86_64/boot.h"

	.code64
	.section .head, "ax", @progbits
	.globl purgatory_start
	.hidden purgatory_start
purgatory_start:
	jmp begin

	.text
begin:
	cli
	cld
	lea purgatory_stack_top(%rip), %rsp

	/* A GDT of our own: the old kernel's may be overwritten by now. */
	lea gdt(%rip), %rax
	mov %rax, gdt_pointer+2(%rip)
	lgdt gdt_pointer(%rip)
	mov $DATA_SELECTOR, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov %eax, %fs
	mov %eax, %gs
	lea 1f(%rip), %rax
	pushq $CODE_SELECTOR
	push %rax
	lretq
1:
	lea purgatory_params(%rip), %rdi
	call purgatory_main

	/* What the kernel's 64-bit boot protocol asks for: RSI, flat segments, IF clear. */
	lea purgatory_params(%rip), %rax
	pushq PARAMS_KERNEL_ENTRY(%rax)
	pushq $0x2
	mov PARAMS_KERNEL_ARG(%rax), %rsi
	xor %eax, %eax
	xor %ebx, %ebx
	xor %ecx, %ecx
	xor %edx, %edx
	xor %edi, %edi
	xor %ebp, %ebp
	xor %r8d, %r8d
	xor %r9d, %r9d
	xor %r10d, %r10d
	xor %r11d, %r11d
	xor %r12d, %r12d
	xor %r13d, %r13d
	xor %r14d, %r14d
	xor %r15d, %r15d
	popfq
	ret

/*
 * Exceptions: each vector has 16 bytes, which push an error code where the processor
 * does not, and the vector. Without these, a page that is not there restarts the
 * machine without a word.
 */
	.balign 16
	.globl exception_stubs
	.hidden exception_stubs
exception_stubs:
	.set vector, 0
	.rept EXCEPTIONS
	.balign 16
	.ifeq (EXCEPTIONS_WITH_CODE >> vector) & 1
	pushq $0
	.endif
	pushq $vector
	jmp exception
	.set vector, vector + 1
	.endr

exception:
	cmpl $NMI, (%rsp)
	je nmi
	mov %rsp, %rdi
	and $-16, %rsp
	cld
	call purgatory_exception
nmi:
	/* A watchdog's, most of all when the old kernel crashed: nobody is watched here. */
	add $16, %rsp
	iretq

	.data
	.balign 8
gdt:
	.quad 0
	.quad 0
	.quad 0x00af9b000000ffff /* CODE_SELECTOR: 64-bit, execute, read */
	.quad 0x00cf93000000ffff /* DATA_SELECTOR: flat, read, write */
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.quad 0

	.section .note.GNU-stack, "", @progbits
