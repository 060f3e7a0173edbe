// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls kexec_load(2) with what the command line says, good or bad, and prints
 * "0" or the errno's name:
 *
 *	raw-load FLAGS ENTRY [MEM:MEMSZ:BUFSZ...]
 *	raw-load null FLAGS NUMBER	as many segments, at address 0
 *	raw-load file FLAGS KERNEL INITRD|- TEXT LENGTH	kexec_file_load(2)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/harness/harness.h"

#define MOST 64

static int told(long r)
{
	puts(r < 0 ? errno_name(errno) : "0");
	return 0;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static int load_files(char **argv)
{
	int kernel = open(argv[1], O_RDONLY), initrd = open(argv[2], O_RDONLY);

	return told(syscall(SYS_kexec_file_load, kernel, initrd, number(argv[4]), argv[3],
			    number(argv[0])));
}

/* Its bytes are distinct from those of other segments. */
static uint64_t buffer(uint64_t size, int nr)
{
	void *at = size ? mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
			: NULL;

	if (size && at != MAP_FAILED)
		memset(at, nr + 1, size < MACHINE_PAGE ? size : MACHINE_PAGE);
	return (uintptr_t)at;
}

int main(int argc, char **argv)
{
	struct segment s[MOST];
	int nr = 0;

	if (argc == 4 && strcmp(argv[1], "null") == 0)
		return told(syscall(SYS_kexec_load, 0, number(argv[3]), NULL, number(argv[2])));
	if (argc == 7 && strcmp(argv[1], "file") == 0)
		return load_files(argv + 2);
	if (argc < 3)
		return 2;
	for (int i = 3; i < argc && nr < MOST; i++, nr++) {
		char *end;

		s[nr].mem = strtoull(argv[i], &end, 0);
		s[nr].memsz = *end ? strtoull(end + 1, &end, 0) : 0;
		s[nr].bufsz = *end ? strtoull(end + 1, &end, 0) : 0;
		s[nr].buf = buffer(s[nr].bufsz, nr);
	}
	return told(syscall(SYS_kexec_load, number(argv[2]), (long)nr, s, number(argv[1])));
}
