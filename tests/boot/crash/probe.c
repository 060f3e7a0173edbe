// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernels of these tests are asked that busybox cannot ask. Statically linked.
 *
 *	probe add TYPE NAME		a key of what stdin has, in root's user keyring
 *	probe read TYPE NAME		what such a key has, to stdout
 *	probe timeout TYPE NAME SECONDS
 *	probe apart COMMAND..		in a session with a keyring of its own
 *	probe dumped			/proc/vmcore: "FIRST-LAST" of each piece of memory
 *	probe within FIRST LAST		0: lines "FIRST-LAST" of stdin have all of that
 *	probe beside FIRST LAST		0: they have nothing of it
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- keys ---- */

static long keyctl(int what, unsigned long a, unsigned long b, unsigned long c)
{
	return syscall(SYS_keyctl, what, a, b, c, 0);
}

static long find(const char *type, const char *name)
{
	return keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, (unsigned long)type,
		      (unsigned long)name);
}

static int add(const char *type, const char *name)
{
	static char data[4096];
	size_t size = fread(data, 1, sizeof(data), stdin);

	if (syscall(SYS_add_key, type, name, data, size, KEY_SPEC_USER_KEYRING) < 0)
		return failed("add_key");
	return 0;
}

static int read_key(const char *type, const char *name)
{
	static char data[4096];
	long key = find(type, name);
	long size = key < 0 ? -1 : keyctl(KEYCTL_READ, key, (unsigned long)data, sizeof(data));

	if (size < 0)
		return failed(name);
	return fwrite(data, 1, size, stdout) != (size_t)size;
}

static int set_timeout(const char *type, const char *name, const char *seconds)
{
	long key = find(type, name);

	if (key < 0 || keyctl(KEYCTL_SET_TIMEOUT, key, atoi(seconds), 0) < 0)
		return failed(name);
	return 0;
}

static int apart(char **command)
{
	if (keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0) < 0)
		return failed("a session");
	execvp(command[0], command);
	return failed(command[0]);
}

/* ---- memory ---- */

static int dumped(void)
{
	int fd = open("/proc/vmcore", O_RDONLY);
	Elf64_Ehdr h;
	Elf64_Phdr p;

	if (fd < 0 || pread(fd, &h, sizeof(h), 0) != sizeof(h))
		return failed("/proc/vmcore");
	for (int i = 0; i < h.e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), h.e_phoff + i * sizeof(p)) != sizeof(p))
			return failed("/proc/vmcore");
		if (p.p_type == PT_LOAD && p.p_memsz)
			printf("%llx-%llx\n", (unsigned long long)p.p_paddr,
			       (unsigned long long)(p.p_paddr + p.p_memsz - 1));
	}
	return 0;
}

/* Lines in order, as both /proc/iomem and the kernel's elfcorehdr have them, may touch. */
static int ranges(const char *first, const char *last, int want_all)
{
	unsigned long long from = strtoull(first, NULL, 16), to = strtoull(last, NULL, 16);
	unsigned long long start, end;
	char line[512];
	int lines = 0;

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, " %llx-%llx", &start, &end) != 2)
			continue;
		lines++;
		if (start > to || end < from)
			continue;
		if (!want_all)
			return 1;
		if (start <= from && end >= to)
			return 0;
		if (start <= from)
			from = end + 1;
	}
	return want_all || !lines;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "add") && argc == 4)
		return add(argv[2], argv[3]);
	if (!strcmp(what, "read") && argc == 4)
		return read_key(argv[2], argv[3]);
	if (!strcmp(what, "timeout") && argc == 5)
		return set_timeout(argv[2], argv[3], argv[4]);
	if (!strcmp(what, "apart") && argc > 2)
		return apart(argv + 2);
	if (!strcmp(what, "dumped") && argc == 2)
		return dumped();
	if (!strcmp(what, "within") && argc == 4)
		return ranges(argv[2], argv[3], 1);
	if (!strcmp(what, "beside") && argc == 4)
		return ranges(argv[2], argv[3], 0);
	fprintf(stderr, "probe: see probe.c\n");
	return 2;
}
