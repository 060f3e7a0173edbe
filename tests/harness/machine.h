/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel knows of its machine when it judges a load, and the judgement:
 * that of Linux 6.12 (kernel/kexec.c, kernel/kexec_core.c, arch/x86, arch/arm64),
 * in its order, with its errnos.
 */
#ifndef TESTS_HARNESS_MACHINE_H
#define TESTS_HARNESS_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define LOAD_ON_CRASH	       0x1
#define LOAD_PRESERVE_CONTEXT  0x2
#define LOAD_UPDATE_ELFCOREHDR 0x4
#define LOAD_CRASH_HOTPLUG     0x8

#define FILE_UNLOAD	  0x01
#define FILE_ON_CRASH	  0x02
#define FILE_NO_INITRAMFS 0x04
#define FILE_DEBUG	  0x08

#define MAX_SEGMENTS 16
#define MACHINE_PAGE 4096

struct machine {
	bool privileged;		 /* CAP_SYS_BOOT */
	bool disabled;			 /* the sysctl kexec_load_disabled */
	int64_t limits[2];		 /* kexec_load_limit_reboot, _panic; -1: none */
	uint64_t pages;			 /* of memory in total */
	uint64_t address_limit;		 /* segments must end below */
	uint64_t crash_start, crash_end; /* the reservation's first and last byte; 0, 0: none */
	bool loaded[2];			 /* a kernel to start; one for a crash */
};

struct segment { /* as the system call's: 64-bit ABI */
	uint64_t buf, bufsz, mem, memsz;
};

/* Reads the machine below @root ("" for this one). What it does not tell is generous. */
void machine_read(struct machine *m, const char *root);

/* May this be called at all? Counts. Returns 0 or -EPERM. */
int machine_permits(struct machine *m, bool crash);

/* What can be judged before the segments are looked at. 0 or -errno. */
int machine_check_flags(uint64_t nr_segments, uint64_t flags);

int machine_check_segments(const struct machine *m, uint64_t entry, const struct segment *s,
			   unsigned int nr, bool crash);

/* The first bytes of a kernel for kexec_file_load; @size is the file's. */
int machine_check_kernel(const void *head, uint64_t have, uint64_t size, uint64_t cmdline_len);

#endif
