// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kexec_file_load(2), called with what the command line says and nothing else:
 *
 *	kload [-p] [-u] [-i INITRD] [-c CMDLINE] [-x USEC] [-n TIMES] [-a SIGNATURE]
 *	      [-f NTH] [KERNEL]
 *	kload -e | -s | -t
 *
 * -p loads (or with -u unloads) a crash kernel, -e starts the loaded one, -s asks
 * kexec_load(2) for an unload, which it refuses where it would refuse a load. With
 * -x another thread closes the kernel's descriptor so many microseconds later. -a
 * makes a file's bytes the kernel's attribute security.ima before. -n loads
 * several times and says what of BPF and how many descriptors are left behind. -f has
 * the NTH allocation fail that this thread makes (where failslab's filter lets it), and
 * says "missed" if it does not make so many. -t says what of BPF there is.
 * Prints one line, "ok" or the name of the error, and exits 0 for ok.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/reboot.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
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

static int set_ima(const char *file, const char *signature)
{
	char buf[4096];
	int fd = open_arg(signature);
	ssize_t n = read(fd, buf, sizeof(buf));

	close(fd);
	if (n <= 0 || setxattr(file, "security.ima", buf, n, 0)) {
		perror(signature);
		return -1;
	}
	return 0;
}

/* How many objects there are; the kernel is still at work on some that are gone. */
static unsigned int count(int next_id)
{
	union bpf_attr attr = { 0 };
	unsigned int n = 0;

	while (!syscall(SYS_bpf, next_id, &attr, sizeof(attr))) {
		attr.start_id = attr.next_id;
		n++;
	}
	return n;
}

static void take_stock(unsigned int stock[4])
{
	stock[0] = count(BPF_PROG_GET_NEXT_ID);
	stock[1] = count(BPF_MAP_GET_NEXT_ID);
	stock[2] = count(BPF_LINK_GET_NEXT_ID);
	stock[3] = 0;
	for (int fd = 0; fd < 1024; fd++)
		stock[3] += fcntl(fd, F_GETFD) >= 0;
}

/* What a process before us has left takes a moment to go. */
static void settle(unsigned int stock[4])
{
	unsigned int before[4];

	take_stock(stock);
	for (int tries = 0; tries < 20; tries++) {
		memcpy(before, stock, sizeof(before));
		usleep(300000);
		take_stock(stock);
		if (!memcmp(before, stock, sizeof(before)))
			break;
	}
}

/* Whether there are still allocations to come before the one that fails. */
static bool fail_nth(int nth)
{
	char text[16] = "";
	int fd = open("/proc/self/fail-nth", O_RDWR);
	bool waits;

	waits = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && atoi(text);
	snprintf(text, sizeof(text), "%d", nth);
	if (fd < 0 || pwrite(fd, text, strlen(text), 0) < 0)
		perror("/proc/self/fail-nth");
	close(fd);
	return waits;
}

static int say_stock(void)
{
	unsigned int stock[4];

	settle(stock);
	printf("programs %u\nmaps %u\nlinks %u\n", stock[0], stock[1], stock[2]);
	return 0;
}

static void say_left(const unsigned int before[4])
{
	unsigned int now[4];

	for (int tries = 0; tries < 50; tries++) {
		take_stock(now);
		if (!memcmp(before, now, sizeof(now)))
			break;
		usleep(100000);
	}
	printf("left: %d programs, %d maps, %d links, %d descriptors\n",
	       (int)(now[0] - before[0]), (int)(now[1] - before[1]),
	       (int)(now[2] - before[2]), (int)(now[3] - before[3]));
}

int main(int argc, char **argv)
{
	const char *signature = NULL;
	unsigned int before[4];
	int times = 1, nth = 0, ret = 0, err;
	unsigned long flags = FILE_NO_INITRAMFS, cmdline_len = 0;
	const char *cmdline = NULL;
	int initrd = -1, opt;
	bool closes = false;
	pthread_t thread;

	while ((opt = getopt(argc, argv, "estpui:c:x:n:a:f:")) != -1) {
		switch (opt) {
		case 'e':
			reboot(LINUX_REBOOT_CMD_KEXEC);
			perror("reboot");
			return 1;
		case 's':
			ret = syscall(SYS_kexec_load, 0, 0, NULL, 0);
			puts(ret ? strerrorname_np(errno) : "ok");
			return !!ret;
		case 't':
			return say_stock();
		case 'n':
			times = atoi(optarg);
			break;
		case 'a':
			signature = optarg;
			break;
		case 'f':
			nth = atoi(optarg);
			break;
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
		if (signature && set_ima(argv[optind], signature))
			return 2;
		kernel = open_arg(argv[optind]);
		if (kernel < 0)
			return 2;
	}

	if (closes && pthread_create(&thread, NULL, close_kernel, NULL))
		return 2;
	if (times > 1)
		settle(before);
	if (nth)
		fail_nth(nth);
	for (int i = 0; i < times; i++)
		ret = syscall(SYS_kexec_file_load, kernel, initrd, cmdline_len,
			      cmdline, flags);
	err = errno;
	if (nth && fail_nth(0))
		printf("missed ");
	puts(!ret ? "ok" : strerrorname_np(err) ?: strerror(err));
	if (times > 1)
		say_left(before);
	return !!ret;
}
