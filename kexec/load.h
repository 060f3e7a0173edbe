/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the options to a loaded kernel: opens the files, decides the route,
 * calls the kernel, explains a refusal. The effects that kexec.c is made of;
 * the deciding is done in pure files that this one calls.
 */
#ifndef KEXEC_LOAD_H
#define KEXEC_LOAD_H

#include "kexec/arch/arch.h"
#include "kexec/options.h"
#include "kexec/sys.h"

/*
 * Loads what @o says, or with --dry-run prints what it would do to stdout.
 * Returns KEXEC_EXIT_OK, or another exit code after one line on stderr.
 */
enum kexec_exit load_kernel(const struct kexec_options *o, const struct arch_ops *arch,
			    const struct sys *sys);

#endif
