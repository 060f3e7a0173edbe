// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/span.h"
#include "lib/sysfile.h"
#include "tests/harness/machine.h"

#define CAP_SYS_BOOT_BIT 22
#define ARCH_SHIFT	 16
#ifdef __x86_64__
#define NATIVE_ARCH 62 /* EM_X86_64 */
/* MAXMEM - 1, with four levels of page tables and with five. */
#define ADDRESS_LIMIT	   ((1ULL << 46) - 1)
#define ADDRESS_LIMIT_LA57 ((1ULL << 52) - 1)
#else
#define NATIVE_ARCH	   183 /* EM_AARCH64 */
#define ADDRESS_LIMIT	   UINT64_MAX
#define ADDRESS_LIMIT_LA57 UINT64_MAX
#endif

/* The number behind the first @name in the file @path. */
static bool number_in(const char *root, const char *path, const char *name, int base, uint64_t *ret)
{
	char *text = NULL;
	char *at;

	if (sysfile_read(root, path, &text) < 0)
		return false;
	at = strstr(text, name);
	if (at)
		*ret = strtoull(at + strlen(name), NULL, base);
	free(text);
	return at != NULL;
}

/* With a reservation below 4 GiB beside it, the kernel's "crashk_res" is the upper one. */
static void read_crash_region(struct machine *m, const char *root)
{
	char *text = NULL, *rest, *line;

	if (sysfile_read(root, "/proc/iomem", &text) < 0)
		return;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		uint64_t start, end;

		if (!strstr(line, " : Crash kernel") ||
		    sscanf(line, " %" SCNx64 "-%" SCNx64, &start, &end) != 2 ||
		    start < m->crash_start)
			continue;
		m->crash_start = start;
		m->crash_end = end;
	}
	free(text);
}

static int64_t read_limit(const char *root, const char *path)
{
	uint64_t n;

	return number_in(root, path, "", 10, &n) ? (int64_t)n : -1;
}

void machine_read(struct machine *m, const char *root)
{
	uint64_t n;
	char *text = NULL;

	*m = (struct machine){ .privileged = true,
			       .pages = UINT64_MAX,
			       .address_limit = ADDRESS_LIMIT };
	if (*root && number_in(root, "/proc/self/status", "CapEff:", 16, &n))
		m->privileged = n >> CAP_SYS_BOOT_BIT & 1;
	if (*root && number_in(root, "/proc/sys/kernel/kexec_load_disabled", "", 10, &n))
		m->disabled = n != 0;
	m->limits[0] = read_limit(root, "/proc/sys/kernel/kexec_load_limit_reboot");
	m->limits[1] = read_limit(root, "/proc/sys/kernel/kexec_load_limit_panic");
	if (number_in(root, "/proc/meminfo", "MemTotal:", 10, &n))
		m->pages = n / (MACHINE_PAGE / 1024);
	if (number_in(root, "/sys/kernel/kexec_loaded", "", 10, &n))
		m->loaded[0] = n != 0;
	if (number_in(root, "/sys/kernel/kexec_crash_loaded", "", 10, &n))
		m->loaded[1] = n != 0;
	if (sysfile_read(root, "/proc/cpuinfo", &text) > 0 && strstr(text, " la57"))
		m->address_limit = ADDRESS_LIMIT_LA57;
	free(text);
	read_crash_region(m, root);
}

int machine_permits(struct machine *m, bool crash)
{
	if (!m->privileged || m->disabled || m->limits[crash] == 0)
		return -EPERM;
	if (m->limits[crash] > 0)
		m->limits[crash]--;
	return 0;
}

int machine_check_flags(uint64_t nr_segments, uint64_t flags)
{
	const uint64_t known = LOAD_ON_CRASH | LOAD_UPDATE_ELFCOREHDR | LOAD_CRASH_HOTPLUG;
	uint64_t arch = (flags & 0xffff0000) >> ARCH_SHIFT;

	/* LOAD_PRESERVE_CONTEXT belongs to CONFIG_KEXEC_JUMP, which nobody builds. */
	if (flags & ~(known | 0xffff0000))
		return -EINVAL;
	if (nr_segments > MAX_SEGMENTS)
		return -EINVAL;
	if (arch != NATIVE_ARCH && arch != 0)
		return -EINVAL;
	return 0;
}

static int check_addresses(const struct machine *m, const struct segment *s, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t end = s[i].mem + s[i].memsz;

		if (s[i].mem > end || s[i].mem % MACHINE_PAGE || end % MACHINE_PAGE ||
		    end >= m->address_limit)
			return -EADDRNOTAVAIL;
	}
	return 0;
}

static bool overlap(const struct segment *a, const struct segment *b)
{
	return a->mem < b->mem + b->memsz && b->mem < a->mem + a->memsz;
}

static int check_overlap(const struct segment *s, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		for (unsigned int j = 0; j < i; j++) {
			if (overlap(&s[i], &s[j]))
				return -EINVAL;
		}
	}
	return 0;
}

static int check_sizes(const struct machine *m, const struct segment *s, unsigned int nr)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (s[i].bufsz > s[i].memsz)
			return -EINVAL;
	}
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t pages = s[i].memsz / MACHINE_PAGE;

		if (pages > m->pages / 2)
			return -EINVAL;
		total += pages;
	}
	return total > m->pages / 2 ? -EINVAL : 0;
}

static int check_crash_region(const struct machine *m, const struct segment *s, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (s[i].mem < m->crash_start || s[i].mem + s[i].memsz - 1 > m->crash_end)
			return -EADDRNOTAVAIL;
	}
	return 0;
}

int machine_check_segments(const struct machine *m, uint64_t entry, const struct segment *s,
			   unsigned int nr, bool crash)
{
	int r;

	/* Without a reservation both ends are 0, and nothing is inside. */
	if (crash && (entry < m->crash_start || entry > m->crash_end))
		return -EADDRNOTAVAIL;
	r = check_addresses(m, s, nr);
	if (r == 0)
		r = check_overlap(s, nr);
	if (r == 0)
		r = check_sizes(m, s, nr);
	if (r == 0 && crash)
		r = check_crash_region(m, s, nr);
	return r;
}

/* Its 64-bit entry, usable above 4 GiB: Documentation/arch/x86/boot.rst. */
static int check_bzImage(struct span head, uint64_t cmdline_len)
{
	uint16_t version = 0, xloadflags = 0;
	uint32_t cmdline_size = 0;

	if (!span_is(head, 0x1fe, "\x55\xaa", 2) || !span_is(head, 0x202, "HdrS", 4) ||
	    !span_le16(head, 0x206, &version) || version < 0x20c ||
	    !span_le16(head, 0x236, &xloadflags) || (xloadflags & 3) != 3 ||
	    !span_le32(head, 0x238, &cmdline_size) || !(head.data[0x211] & 1))
		return -ENOEXEC;
	/* Room is kept for "elfcorehdr=0x..", which a crash kernel gets. */
	return cmdline_len + 30 > cmdline_size ? -EINVAL : 0;
}

int machine_check_kernel(const void *head, uint64_t have, uint64_t size, uint64_t cmdline_len)
{
	struct span s = { .data = head, .size = have };

	if (size == 0)
		return -EINVAL;
	if (size > UINT32_MAX)
		return -EFBIG;
	if (NATIVE_ARCH == 62)
		return check_bzImage(s, cmdline_len);
	return span_is(s, 56, "ARM\x64", 4) ? 0 : -EINVAL;
}
