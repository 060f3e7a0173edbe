/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for the old kernel and the next one. QEMU starts this by the Multiboot
 * protocol; it goes to 64-bit mode as the old kernel leaves it, and jumps to purgatory.
 * Purgatory jumps to "payload".
 */
#include "tests/purgatory/x86_64/machine.h"

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x10000 /* the addresses are below */

	.section .head, "ax", @progbits
	.code32
multiboot:
	.long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
	.long LOADER, LOADER, 0, bss_end, start

	.globl start
start:
	cld
	/* Five tables: two on top, then 1 GiB in large pages; C adds the rest. */
	mov $TABLES, %edi
	xor %eax, %eax
	mov $(4 * 4096 / 4), %ecx
	rep stosl
	movl $(TABLES + 0x1003), TABLES
	movl $(TABLES + 0x2003), TABLES + 0x1000
	movl $(TABLES + 0x3003), TABLES + 0x2000
	mov $0x83, %eax
	mov $(TABLES + 0x3000), %edi
1:	mov %eax, (%edi)
	add $8, %edi
	add $0x200000, %eax
	cmp $(0x40000000 + 0x83), %eax
	jne 1b

	mov $(TABLES + 0x1000), %ebx
	mov $0x20, %eax /* PAE */
	testb $ORDER_LA57, ORDERS + 8
	jz 2f
	mov $TABLES, %ebx
	or $0x1000, %eax
2:	mov %eax, %cr4
	mov %ebx, %cr3
	mov $0xc0000080, %ecx /* EFER: LME, NXE */
	rdmsr
	or $0x900, %eax
	wrmsr
	mov $0x80000011, %eax /* paging, protected mode; no EM, TS, WP */
	mov %eax, %cr0
	lgdt gdt_pointer
	ljmp $0x38, $start64

	.code64
start64:
	mov $OLD_STACK, %esp
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	call prepare
	/* Nothing useful in GDT and IDT any more, a stack that is only just one. */
	lgdt nothing
	lidt nothing
	mov $OLD_STACK, %esp
	mov ORDERS, %rax
	push %rax
	xor %eax, %eax
	xor %ebx, %ebx
	xor %ecx, %ecx
	xor %edx, %edx
	xor %esi, %esi
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
	std
	ret

	.section .payload, "ax", @progbits
	.globl payload
payload:
	mov %rsp, registers + 8 * 16
	mov $OLD_STACK, %esp
	pushfq
	popq registers + 8 * 17
	mov %rax, registers + 8 * 0
	mov %rbx, registers + 8 * 1
	mov %rcx, registers + 8 * 2
	mov %rdx, registers + 8 * 3
	mov %rsi, registers + 8 * 4
	mov %rdi, registers + 8 * 5
	mov %rbp, registers + 8 * 6
	mov %r8, registers + 8 * 8
	mov %r9, registers + 8 * 9
	mov %r10, registers + 8 * 10
	mov %r11, registers + 8 * 11
	mov %r12, registers + 8 * 12
	mov %r13, registers + 8 * 13
	mov %r14, registers + 8 * 14
	mov %r15, registers + 8 * 15
	mov %cs, registers + 8 * 18
	mov %ss, registers + 8 * 19
	mov %ds, registers + 8 * 20
	mov %es, registers + 8 * 21
	/* Do the selectors name something? */
	mov %ss, %eax
	mov %eax, %ss
	mov %cs, %eax
	push %rax
	pushq $3f
	lretq
3:	cld
	call payload_main

	.data
	.balign 8
gdt:
	.fill 7, 8, 0
	.quad 0x00af9b000000ffff /* 0x38: not where purgatory's is */
gdt_pointer:
	.word . - gdt - 1
	.long gdt
	.balign 8
nothing:
	.fill 10, 1, 0

	.section .note.GNU-stack, "", @progbits
