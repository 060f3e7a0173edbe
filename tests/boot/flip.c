// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOADed into kexec: what goes to kexec_load(2) is not what was hashed.
 * One bit of the last byte of segment FLIP (a number) is turned over, as if
 * something had written into the loaded kernel's memory since.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct segment {
	unsigned char *buf;
	size_t size;
	unsigned long mem, memsz;
};

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (ret < 0 && ret >= -4095) {
		errno = -ret;
		return -1;
	}
	return ret;
}

static void flip(struct segment *s, unsigned long nr)
{
	const char *which = getenv("FLIP");
	unsigned long i = which ? strtoul(which, NULL, 10) : nr;
	unsigned char *copy;

	if (i >= nr)
		return;
	copy = malloc(s[i].size);
	if (!copy)
		abort();
	memcpy(copy, s[i].buf, s[i].size);
	copy[s[i].size - 1] ^= 1;
	s[i].buf = copy;
}

long syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_kexec_load)
		flip((struct segment *)a[2], a[1]);
	return call(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}
