/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The effects besides loading: unload, start what is loaded, ask init to
 * reboot. Nothing is printed; a failure leaves one line in @w.
 */
#ifndef KEXEC_ACTIONS_H
#define KEXEC_ACTIONS_H

#include <stdbool.h>

#include "kexec/options.h"
#include "kexec/sys.h"
#include "lib/why.h"

/*
 * Unloads the crash kernel or the reboot kernel; that none is loaded is no
 * error. @how: SYSCALL_FILE and SYSCALL_CLASSIC use that system call alone;
 * SYSCALL_AUTO asks kexec_file_load first, because kexec_load may not even
 * unload under Secure Boot, and goes on only if the kernel lacks it (ENOSYS).
 */
int action_unload(const struct sys *sys, bool crash, enum kexec_syscall how, struct why *w);

/*
 * Starts the loaded kernel at once: sync, networks down, reboot(2). -ENOENT, and
 * nothing is done, if sysfs says that nothing has been loaded. Returns only on
 * failure.
 */
int action_exec(const struct sys *sys, bool no_sync, bool no_ifdown, struct why *w);

/* Becomes "shutdown -r now", which ends in the loaded kernel. Returns only on failure. */
int action_shutdown(const struct sys *sys, struct why *w);

#endif
