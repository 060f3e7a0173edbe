/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What C and assembly of purgatory on x86_64 both know. */
#ifndef PURGATORY_ARCH_X86_64_BOOT_H
#define PURGATORY_ARCH_X86_64_BOOT_H

/* The kernel's boot protocol (Documentation/arch/x86/boot.rst) has these selectors. */
#define CODE_SELECTOR 0x10
#define DATA_SELECTOR 0x18

#define EXCEPTIONS 32
#define NMI	   2
/* Vectors 8, 10 to 14, 17, 21, 29 and 30 (Intel SDM volume 3, 6.3.1; AMD APM volume 2, 8.2). */
#define EXCEPTIONS_WITH_CODE 0x60227d00

/* Offsets of struct purgatory_params. */
#define PARAMS_KERNEL_ENTRY 16
#define PARAMS_KERNEL_ARG   24

#endif
