/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What C and assembly of purgatory on arm64 both know. */
#ifndef PURGATORY_ARCH_ARM64_BOOT_H
#define PURGATORY_ARCH_ARM64_BOOT_H

/* Offsets of struct purgatory_params. */
#define PARAMS_KERNEL_ENTRY 16
#define PARAMS_KERNEL_ARG   24

#endif
