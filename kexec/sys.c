// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <linux/reboot.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kexec/sys.h"
#include "lib/cleanup.h"

/* Headers older than Linux 3.17 (x86_64) and 5.0 (the generic table) lack it. */
#ifndef __NR_kexec_file_load
#ifdef __x86_64__
#define __NR_kexec_file_load 320
#else
#define __NR_kexec_file_load 294
#endif
#endif

static int real_kexec_file_load(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
				const char *cmdline, unsigned long flags)
{
	return syscall(__NR_kexec_file_load, kernel_fd, initrd_fd, cmdline_len, cmdline, flags) < 0
		       ? -errno
		       : 0;
}

static int real_kexec_load(unsigned long entry, unsigned long nr_segments,
			   const struct kexec_segment_arg *segments, unsigned long flags)
{
	return syscall(__NR_kexec_load, entry, nr_segments, segments, flags) < 0 ? -errno : 0;
}

static int real_reboot_kexec(void)
{
	/* libc's reboot() knows no LINUX_REBOOT_CMD_KEXEC on every system. */
	if (syscall(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC,
		    NULL) < 0)
		return -errno;
	return -EINVAL; /* the kernel said yes, and yet we are still here */
}

static int take_down(int sock, const char *name)
{
	struct ifreq req = { 0 };

	strncpy(req.ifr_name, name, sizeof(req.ifr_name) - 1);
	if (ioctl(sock, SIOCGIFFLAGS, &req) < 0)
		return -errno;
	if (!(req.ifr_flags & IFF_UP) || (req.ifr_flags & IFF_LOOPBACK))
		return 0;
	req.ifr_flags &= ~IFF_UP;
	return ioctl(sock, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

/*
 * A card that still receives would write packets into the next kernel's memory.
 * One interface that resists does not save the others: the first error is kept.
 */
static int real_ifdown(void)
{
	autoclose int sock = -1;
	struct if_nameindex *all;
	int ret = 0;

	/* Any socket takes these requests; this family is there without a network, too. */
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	all = if_nameindex();
	if (!all)
		return -errno;
	for (const struct if_nameindex *i = all; i->if_index != 0 && i->if_name; i++) {
		int r = take_down(sock, i->if_name);

		/* ENODEV: went away meanwhile, with the one it was stacked on. */
		if (r < 0 && r != -ENODEV && ret == 0)
			ret = r;
	}
	if_freenameindex(all);
	return ret;
}

static int real_shutdown(void)
{
	static const char *const paths[] = { "/sbin/shutdown", "/etc/shutdown", "/bin/shutdown" };
	int ret = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		execl(paths[i], "shutdown", "-r", "now", (char *)NULL);
		if (ret == -ENOENT) /* one that is there but cannot run says more */
			ret = -errno;
	}
	return ret;
}

const struct sys_ops sys_real = {
	.kexec_file_load = real_kexec_file_load,
	.kexec_load = real_kexec_load,
	.reboot_kexec = real_reboot_kexec,
	.sync = sync,
	.ifdown = real_ifdown,
	.shutdown = real_shutdown,
};
