// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kexec_file_load(2), called with what the command line says and nothing else:
 *
 *	kload [-p] [-u] [-i INITRD] [-c CMDLINE] [-x USEC] [KERNEL]
 *	kload -e
 *
 * -p loads (or with -u unloads) a crash kernel, -e starts the loaded one. With -x
 * another thread closes the kernel's descriptor so many microseconds later.
 * Prints one line, "ok" or the name of the error, and exits 0 for ok.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_UNLOAD		1
#define FILE_ON_CRASH		2
#define FILE_NO_INITRAMFS	4

static int open_arg(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		perror(name);
	return fd;
}

static int kernel = -1;
static useconds_t delay;

static void *close_kernel(void *unused)
{
	usleep(delay);
	close(kernel);
	return unused;
}

int main(int argc, char **argv)
{
	unsigned long flags = FILE_NO_INITRAMFS, cmdline_len = 0;
	const char *cmdline = NULL;
	int initrd = -1, opt;
	bool closes = false;
	pthread_t thread;

	while ((opt = getopt(argc, argv, "epui:c:x:")) != -1) {
		switch (opt) {
		case 'e':
			reboot(LINUX_REBOOT_CMD_KEXEC);
			perror("reboot");
			return 1;
		case 'p':
			flags |= FILE_ON_CRASH;
			break;
		case 'u':
			flags |= FILE_UNLOAD;
			break;
		case 'i':
			flags &= ~(unsigned long)FILE_NO_INITRAMFS;
			initrd = open_arg(optarg);
			if (initrd < 0)
				return 2;
			break;
		case 'c':
			cmdline = optarg;
			cmdline_len = strlen(optarg) + 1;
			break;
		case 'x':
			closes = true;
			delay = (useconds_t)atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind < argc) {
		kernel = open_arg(argv[optind]);
		if (kernel < 0)
			return 2;
	}

	if (closes && pthread_create(&thread, NULL, close_kernel, NULL))
		return 2;
	if (syscall(SYS_kexec_file_load, kernel, initrd, cmdline_len, cmdline,
		    flags)) {
		puts(strerrorname_np(errno) ?: strerror(errno));
		return 1;
	}
	puts("ok");
	return 0;
}
