/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about the machine that decide whether a kernel may be loaded. Each is
 * read from a file below /proc or /sys; one that cannot be read is "unknown"
 * (-1), which is never an error: messages then leave it out.
 *
 * Read them before the first load: every call of kexec_load(2) or
 * kexec_file_load(2), a refused one too, uses up one of kexec_load_limit_*, so
 * that a limit found at 0 afterwards need not be why the call was refused.
 */
#ifndef KEXEC_HOST_H
#define KEXEC_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "kexec/sys.h"

enum lockdown {
	LOCKDOWN_UNKNOWN = -1,
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY,
};

/* Values of limit_reboot and limit_panic that are no count. */
#define HOST_LIMIT_NONE	   (-1) /* any number of loads */
#define HOST_LIMIT_UNKNOWN (-2)

struct host {
	char release[65];	/* uname -r, /proc/sys/kernel/osrelease; "" if unknown */
	enum lockdown lockdown; /* /sys/kernel/security/lockdown */
	int secure_boot;	/* as the kernel sees it: 0, 1, -1 */
	int cap_sys_boot;	/* CapEff of /proc/self/status: 0, 1, -1 */
	int seccomp;		/* does a seccomp filter watch this process? 0, 1, -1 */
	int user_namespace;	/* is root here not the machine's root? 0, 1, -1 */
	int kexec_core;		/* was the kernel built with any kind of kexec? 0, 1, -1 */
	int load_disabled;	/* /proc/sys/kernel/kexec_load_disabled: 0, 1, -1 */
	int64_t limit_reboot;	/* /proc/sys/kernel/kexec_load_limit_reboot */
	int64_t limit_panic;
	int64_t mem_total;     /* bytes, /proc/meminfo; -1 */
	int64_t mem_available; /* bytes, /proc/meminfo; -1 */
	int64_t crash_size; /* bytes of the region that a crash kernel must fit into; 0: none; -1 */
	int ima_appraises;  /* is a kexec appraisal rule in the IMA policy: 0, 1, -1 */
	int sig_force;	    /* 1 if /sys/kernel/kexec_decomposed says enforced, 0, -1 */
	int xen_dom0;       /* is this the host of a Xen system? 0, 1, -1 */
	int kho;	    /* is Kexec HandOver active? 0, 1; -1 counts as active */
	/* How many keys of dm-crypt volumes are to be passed to a crash kernel; -1: unknown, as
	 * where the kernel can pass none. */
	int64_t crypt_keys;
};

/* Reads all of them. Never fails. */
void host_read(struct host *ret, const struct sys *sys);

/* All unknown: what host_read() starts from. */
void host_unknown(struct host *ret);

/* Is the running kernel at least @major.@minor by its release? Unknown: false. */
bool host_kernel_at_least(const struct host *h, unsigned int major, unsigned int minor);

/* Is a reboot kernel, or a crash kernel, loaded? 1, 0, or -errno of reading sysfs. */
int host_loaded(const struct sys *sys, bool crash);

/*
 * Bytes of the last "Crash kernel" region of /proc/iomem: the one that crash
 * kernels go to, a lower one is for DMA only. 0: none. To who may not see
 * addresses they all read 0; then the size that sysfs tells. -errno of reading.
 */
int host_crash_region_size(const struct sys *sys, uint64_t *ret);

#endif
