/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System registers, Arm ARM (DDI 0487), chapter D. */
#ifndef PURGATORY_ARCH_ARM64_SYSREG_H
#define PURGATORY_ARCH_ARM64_SYSREG_H

#include <stdbool.h>
#include <stdint.h>

#define HCR_E2H (UINT64_C(1) << 34) /* EL2 has EL1's registers */

#define READ_SYS(name)                                                          \
	({                                                                      \
		uint64_t value_;                                                \
		__asm__ volatile("mrs %0, " #name : "=r"(value_) : : "memory"); \
		value_;                                                         \
	})
#define WRITE_SYS(name, value) \
	__asm__ volatile("msr " #name ", %0\n\tisb" : : "r"((uint64_t)(value)) : "memory")

static inline bool at_el2(void)
{
	return READ_SYS(CurrentEL) >> 2 == 2;
}

/* EL2 that has no EL0: other bits mean other things. */
static inline bool el2_alone(void)
{
	return at_el2() && !(READ_SYS(hcr_el2) & HCR_E2H);
}

#endif
