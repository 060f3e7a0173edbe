/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam to the kernel: every system call with an effect on the machine goes
 * through here, so that tests can put a recorder in its place.
 */
#ifndef KEXEC_SYS_H
#define KEXEC_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Flags of kexec_file_load(2); <linux/kexec.h> of an old system lacks the later ones. */
#define KEXEC_FILE_UNLOAD       0x01
#define KEXEC_FILE_ON_CRASH     0x02
#define KEXEC_FILE_NO_INITRAMFS 0x04
#define KEXEC_FILE_DEBUG        0x08 /* Linux 6.8 */
#define KEXEC_FILE_NO_CMA       0x10 /* Linux 6.17 */
#define KEXEC_FILE_FORCE_DTB    0x20 /* Linux 6.18, x86 */

/* Flags of kexec_load(2). */
#define KEXEC_LOAD_ON_CRASH          0x01
#define KEXEC_LOAD_UPDATE_ELFCOREHDR 0x04 /* Linux 6.6, x86 */

/* struct kexec_segment of <linux/kexec.h>, whose addresses are integers here. */
struct kexec_segment_arg {
	const void *buf; /* aligned to nothing */
	size_t bufsz;	 /* bytes */
	unsigned long mem, memsz; /* physical, bytes; whole pages */
};

struct sys_ops {
	/* All return 0 or a negative errno. @cmdline_len counts the NUL. */
	int (*kexec_file_load)(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
			       const char *cmdline, unsigned long flags);
	int (*kexec_load)(unsigned long entry, unsigned long nr_segments,
			  const struct kexec_segment_arg *segments, unsigned long flags);
	int (*reboot_kexec)(void); /* returns only if it failed */
	void (*sync)(void);
	int (*ifdown)(void);
	int (*shutdown)(void); /* becomes "shutdown -r now"; returns only if it failed */
};

/* A machine: this one, or a recorded one. */
struct sys {
	const char *root; /* in front of /proc and /sys; "" for this machine */
	const struct sys_ops *ops;
};

extern const struct sys_ops sys_real;

#endif
