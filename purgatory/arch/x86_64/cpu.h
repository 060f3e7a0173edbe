/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control registers. */
#ifndef PURGATORY_ARCH_X86_64_CPU_H
#define PURGATORY_ARCH_X86_64_CPU_H

#include <stdint.h>

#define CR0_EM	   UINT64_C(0x4)    /* no floating point: vector instructions fault */
#define CR0_TS	   UINT64_C(0x8)    /* vector instructions fault once */
#define CR4_OSFXSR UINT64_C(0x200)  /* vector instructions are allowed */
#define CR4_LA57   UINT64_C(0x1000) /* five levels of page tables */

#define READ_CR(nr)                                                                 \
	static inline uint64_t read_cr##nr(void)                                    \
	{                                                                           \
		uint64_t value;                                                     \
                                                                                    \
		__asm__ volatile("mov %%cr" #nr ", %0" : "=r"(value) : : "memory"); \
		return value;                                                       \
	}

#define WRITE_CR(nr)                                                            \
	static inline void write_cr##nr(uint64_t value)                         \
	{                                                                       \
		__asm__ volatile("mov %0, %%cr" #nr : : "r"(value) : "memory"); \
	}

READ_CR(0)
READ_CR(2)
READ_CR(3)
READ_CR(4)
WRITE_CR(0)
WRITE_CR(4)

#undef READ_CR
#undef WRITE_CR

#endif
