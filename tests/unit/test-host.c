// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts of recorded machines: tests/sysroot/MACHINE, and odd files made here. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kexec/host.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#define EFIVARS	    "/sys/firmware/efi/efivars/"
#define SECURE_BOOT EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static char root[4096];

static struct sys machine(const char *name)
{
	const char *top = getenv("top_srcdir");

	snprintf(root, sizeof(root), "%s/tests/sysroot/%s", top ? top : ".", name);
	if (access(root, X_OK) < 0)
		fail_msg("no recorded machine %s", root);
	return (struct sys){ .root = root };
}

/* ---- whole machines ---- */

static const struct expectation {
	const char *name;
	struct host host;
	int loaded, crash_loaded;
	int crash_region;	    /* what host_crash_region_size() returns */
	uint64_t crash_region_size; /* if that is 0 */
} machines[] = {
	{
		"debian-bios",
		{ "6.12.48+deb13-cloud-amd64", LOCKDOWN_NONE, .secure_boot = 0, .cap_sys_boot = 1,
		  .seccomp = 0, .user_namespace = 0, .kexec_core = 1, .load_disabled = 0,
		  .limit_reboot = HOST_LIMIT_NONE, .limit_panic = HOST_LIMIT_NONE,
		  .mem_total = 2015232 * 1024l, .mem_available = 1702912 * 1024l, .crash_size = 0,
		  .ima_appraises = -1, .sig_force = -1, .kho = -1 },
		.loaded = 0,
		.crash_loaded = 0,
		.crash_region_size = 0,
	},
	{
		"fedora-secureboot-lockdown",
		{ "6.17.5-300.fc43.x86_64", LOCKDOWN_INTEGRITY, .secure_boot = 1, .cap_sys_boot = 1,
		  .seccomp = 0, .user_namespace = 0, .kexec_core = 1, .load_disabled = 0,
		  .limit_reboot = HOST_LIMIT_NONE, .limit_panic = HOST_LIMIT_NONE,
		  .mem_total = 16224356 * 1024l, .mem_available = 12033840 * 1024l, .crash_size = 0,
		  .ima_appraises = 1, .sig_force = -1, .kho = -1 },
		.loaded = 0,
		.crash_loaded = 0,
		.crash_region_size = 0,
	},
	{
		/* two regions: the last one, the high one, counts */
		"kdump-reserved",
		{ "7.2.1-arch1-1", LOCKDOWN_CONFIDENTIALITY, .secure_boot = 0, .cap_sys_boot = 1,
		  .seccomp = 0, .user_namespace = 0, .kexec_core = 1, .load_disabled = 0,
		  .limit_reboot = HOST_LIMIT_NONE, .limit_panic = HOST_LIMIT_NONE,
		  .mem_total = 8053060 * 1024l, .mem_available = 6200000 * 1024l,
		  .crash_size = 512 * MiB, .ima_appraises = 0, .sig_force = -1, .kho = 0 },
		.loaded = 0,
		.crash_loaded = 1,
		.crash_region_size = 512 * MiB,
	},
	{
		/* addresses hidden: sysfs tells the size; sysctls of an older kernel */
		"kdump-unprivileged",
		{ "5.14.0-570.el9.x86_64", LOCKDOWN_UNKNOWN, .secure_boot = -1, .cap_sys_boot = 0,
		  .seccomp = 0, .user_namespace = 1, .kexec_core = 1, .load_disabled = 0,
		  .limit_reboot = HOST_LIMIT_UNKNOWN, .limit_panic = HOST_LIMIT_UNKNOWN,
		  .mem_total = 3880000 * 1024l, .mem_available = 3000000 * 1024l,
		  .crash_size = 256 * MiB, .ima_appraises = -1, .sig_force = -1, .kho = -1 },
		.loaded = 0,
		.crash_loaded = 0,
		.crash_region_size = 256 * MiB,
	},
	{
		/* no iomem here, sysfs says that nothing is reserved */
		"limits-exhausted",
		{ "6.12.9", LOCKDOWN_UNKNOWN, .secure_boot = -1, .cap_sys_boot = 1, .seccomp = 1,
		  .user_namespace = 0, .kexec_core = 1, .load_disabled = 1, .limit_reboot = 0,
		  .limit_panic = 3, .mem_total = 1000000 * 1024l, .mem_available = 900000 * 1024l,
		  .crash_size = 0, .ima_appraises = -1, .sig_force = -1, .kho = -1 },
		.loaded = 1,
		.crash_loaded = 0,
		.crash_region_size = 0,
	},
	{
		"no-sysfs",
		{ "6.1.0-40-arm64", LOCKDOWN_UNKNOWN, .secure_boot = -1, .cap_sys_boot = -1,
		  .seccomp = -1, .user_namespace = -1, .kexec_core = -1, .load_disabled = -1,
		  .limit_reboot = HOST_LIMIT_UNKNOWN, .limit_panic = HOST_LIMIT_UNKNOWN,
		  .mem_total = -1, .mem_available = -1, .crash_size = -1, .ima_appraises = -1,
		  .sig_force = -1, .kho = -1 },
		.loaded = -ENOENT,
		.crash_loaded = -ENOENT,
		.crash_region = -ENOENT,
	},
	{
		"no-kexec",
		{ "6.6.87.2-microsoft-standard-WSL2", LOCKDOWN_UNKNOWN, .secure_boot = -1,
		  .cap_sys_boot = 1, .seccomp = 0, .user_namespace = 0, .kexec_core = 0,
		  .load_disabled = 0, .limit_reboot = HOST_LIMIT_UNKNOWN,
		  .limit_panic = HOST_LIMIT_UNKNOWN, .mem_total = 8000000 * 1024l,
		  .mem_available = 7000000 * 1024l, .crash_size = 0, .ima_appraises = -1,
		  .sig_force = -1, .kho = -1 },
		.loaded = -ENOENT,
		.crash_loaded = -ENOENT,
		.crash_region_size = 0,
	},
	{
		/* Secure Boot, but shim was told not to validate: off for Linux */
		"kho-handover",
		{ "7.2.13", LOCKDOWN_UNKNOWN, .secure_boot = 0, .cap_sys_boot = 1, .seccomp = 0,
		  .user_namespace = 0, .kexec_core = 1, .load_disabled = 0,
		  .limit_reboot = HOST_LIMIT_NONE, .limit_panic = HOST_LIMIT_NONE,
		  .mem_total = 4000000 * 1024l, .mem_available = 3500000 * 1024l, .crash_size = -1,
		  .ima_appraises = -1, .sig_force = 1, .kho = 1 },
		.loaded = 1,
		.crash_loaded = -ENOENT,
		.crash_region = -ENOENT,
	},
	{
		"hostile",
		{ "", LOCKDOWN_UNKNOWN, .secure_boot = -1, .cap_sys_boot = -1, .seccomp = -1,
		  .user_namespace = -1, .kexec_core = -1, .load_disabled = -1,
		  .limit_reboot = HOST_LIMIT_UNKNOWN, .limit_panic = HOST_LIMIT_UNKNOWN,
		  .mem_total = -1, .mem_available = -1, .crash_size = -1, .ima_appraises = 0,
		  .sig_force = -1, .kho = -1 },
		.loaded = -EBADMSG,
		.crash_loaded = -EBADMSG,
		.crash_region = -EBADMSG,
	},
};

#define SAME(name, have, want, field)                                                 \
	do {                                                                          \
		if ((have)->field != (want)->field)                                   \
			fail_msg("%s: " #field " is %lld, expected %lld", name,       \
				 (long long)(have)->field, (long long)(want)->field); \
	} while (0)

static void test_machines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct expectation *e = &machines[i];
		struct sys sys = machine(e->name);
		struct host h;

		memset(&h, 0xa5, sizeof(h));
		host_read(&h, &sys);
		assert_string_equal(h.release, e->host.release);
		SAME(e->name, &h, &e->host, lockdown);
		SAME(e->name, &h, &e->host, secure_boot);
		SAME(e->name, &h, &e->host, cap_sys_boot);
		SAME(e->name, &h, &e->host, seccomp);
		SAME(e->name, &h, &e->host, user_namespace);
		SAME(e->name, &h, &e->host, kexec_core);
		SAME(e->name, &h, &e->host, load_disabled);
		SAME(e->name, &h, &e->host, limit_reboot);
		SAME(e->name, &h, &e->host, limit_panic);
		SAME(e->name, &h, &e->host, mem_total);
		SAME(e->name, &h, &e->host, mem_available);
		SAME(e->name, &h, &e->host, crash_size);
		SAME(e->name, &h, &e->host, ima_appraises);
		SAME(e->name, &h, &e->host, sig_force);
		SAME(e->name, &h, &e->host, kho);
	}
}

static void test_loaded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct expectation *e = &machines[i];
		struct sys sys = machine(e->name);

		if (host_loaded(&sys, false) != e->loaded)
			fail_msg("%s: loaded is %d", e->name, host_loaded(&sys, false));
		if (host_loaded(&sys, true) != e->crash_loaded)
			fail_msg("%s: crash_loaded is %d", e->name, host_loaded(&sys, true));
	}
}

static void test_crash_region(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct expectation *e = &machines[i];
		struct sys sys = machine(e->name);
		uint64_t untouched = 0x5a5a, size = untouched;
		int r = host_crash_region_size(&sys, &size);

		if (r != e->crash_region)
			fail_msg("%s: crash region returns %d", e->name, r);
		if (size != (r < 0 ? untouched : e->crash_region_size))
			fail_msg("%s: crash region of %llu bytes", e->name,
				 (unsigned long long)size);
	}
}

/* ---- single files ---- */

static int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test-host.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %.40s", root);
	return system(command);
}

static void put(const char *path, const void *bytes, size_t len)
{
	char full[sizeof(root) + 256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *c = full + strlen(root) + 1; (c = strchr(c, '/')); c++) {
		*c = '\0';
		mkdir(full, 0755);
		*c = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

#define PUT(path, text) put(path, text, sizeof(text) - 1)

static void test_iomem_lines(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} cases[] = {
		{ "", 0 },
		{ "  01000000-10ffffff : Crash kernel\n", 256 * MiB },
		{ "01000000-10ffffff : Crash kernel", 256 * MiB }, /* no newline at the end */
		{ "  1000-1fff : Crash kernel\n  3000-2fff : Crash kernel\n", 77 }, /* backwards */
		{ "  0-0 : Crash kernel\n", 77 },
		{ "  0-ffffffffffffffff : Crash kernel\n", 77 },
		{ "  1-ffffffffffffffff : Crash kernel\n", UINT64_MAX },
		{ "  -1-5 : Crash kernel\n", 77 },
		{ "  1000-1fff : Crash kernel low\n", 77 },
		{ "  1000-1fff : My Crash kernel\n", 77 },
		{ "  1000-1fff:Crash kernel\n", 77 },
		{ "  1000 -1fff : Crash kernel\n", 77 },
		{ "  1000-11000000000000000 : Crash kernel\n", 77 },
	};
	const struct sys sys = { .root = root };
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put("/proc/iomem", cases[i].text, strlen(cases[i].text));
		if (i > 0) /* the first: no line, and no other source */
			PUT("/sys/kernel/kexec_crash_size", "77\n");
		assert_int_equal(host_crash_region_size(&sys, &size), 0);
		if (size != cases[i].size)
			fail_msg("case %zu: %llu bytes", i, (unsigned long long)size);
	}
}

static void test_new_names_first(void **state)
{
	const struct sys sys = { .root = root };
	uint64_t size;

	(void)state;
	PUT("/sys/kernel/kexec_loaded", "0\n");
	assert_int_equal(host_loaded(&sys, false), 0);
	PUT("/sys/kernel/kexec/loaded", "1\n");
	assert_int_equal(host_loaded(&sys, false), 1);
	assert_int_equal(host_loaded(&sys, true), -ENOENT);
	PUT("/sys/kernel/kexec_crash_loaded", "1\n");
	assert_int_equal(host_loaded(&sys, true), 1);
	PUT("/sys/kernel/kexec/crash_loaded", "0\n");
	assert_int_equal(host_loaded(&sys, true), 0);

	PUT("/sys/kernel/kexec_crash_size", "5\n");
	PUT("/sys/kernel/kexec/crash_size", "6\n");
	assert_int_equal(host_crash_region_size(&sys, &size), 0);
	assert_int_equal(size, 6);
}

static void test_secure_boot_bytes(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int expected;
	} cases[] = {
		{ "\6\0\0\0\1", 5, 1 },	   { "\6\0\0\0\0", 5, 0 }, { "\6\0\0\0\2", 5, -1 },
		{ "\6\0\0\0\xff", 5, -1 }, { "\6\0\0\0", 4, -1 },  { "", 0, -1 },
		{ "\6\0\0\0\1\0", 6, -1 }, { "\1", 1, -1 },
	};
	const struct sys sys = { .root = root };
	struct host h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(SECURE_BOOT, cases[i].bytes, cases[i].len);
		host_read(&h, &sys);
		if (h.secure_boot != cases[i].expected)
			fail_msg("case %zu: Secure Boot is %d", i, h.secure_boot);
	}
}

static void test_lockdown_words(void **state)
{
	static const struct {
		const char *text;
		enum lockdown expected;
	} cases[] = {
		{ "[none] integrity confidentiality\n", LOCKDOWN_NONE },
		{ "none [integrity] confidentiality\n", LOCKDOWN_INTEGRITY },
		{ "none integrity [confidentiality]\n", LOCKDOWN_CONFIDENTIALITY },
		{ "none integrity confidentiality\n", LOCKDOWN_UNKNOWN },
		{ "", LOCKDOWN_UNKNOWN },
	};
	const struct sys sys = { .root = root };
	struct host h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put("/sys/kernel/security/lockdown", cases[i].text, strlen(cases[i].text));
		host_read(&h, &sys);
		assert_int_equal(h.lockdown, cases[i].expected);
	}
}

static void test_capability_bit(void **state)
{
	const struct sys sys = { .root = root };
	struct host h;

	(void)state;
	PUT("/proc/self/status", "CapEff:\t0000000000400000\n"); /* only CAP_SYS_BOOT */
	host_read(&h, &sys);
	assert_int_equal(h.cap_sys_boot, 1);
	PUT("/proc/self/status", "CapEff:\t000001ffffbfffff\n"); /* all but that */
	host_read(&h, &sys);
	assert_int_equal(h.cap_sys_boot, 0);
	PUT("/proc/self/status", "NotCapEff:\t000001ffffffffff\n");
	host_read(&h, &sys);
	assert_int_equal(h.cap_sys_boot, -1);
}

static void test_limits(void **state)
{
	static const struct {
		const char *text;
		int64_t expected;
	} cases[] = {
		{ "-1\n", HOST_LIMIT_NONE },
		{ "0\n", 0 },
		{ "7\n", 7 },
		{ "9223372036854775807\n", INT64_MAX },
		{ "9223372036854775808\n", HOST_LIMIT_UNKNOWN },
		{ "-10\n", HOST_LIMIT_UNKNOWN },
		{ "", HOST_LIMIT_UNKNOWN },
		{ " -1\n", HOST_LIMIT_UNKNOWN },
		{ "none\n", HOST_LIMIT_UNKNOWN },
	};
	const struct sys sys = { .root = root };
	struct host h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put("/proc/sys/kernel/kexec_load_limit_panic", cases[i].text,
		    strlen(cases[i].text));
		host_read(&h, &sys);
		if (h.limit_panic != cases[i].expected)
			fail_msg("\"%s\" reads as %lld", cases[i].text, (long long)h.limit_panic);
		assert_int_equal(h.limit_reboot, HOST_LIMIT_UNKNOWN);
	}
}

/* The word alone proves nothing on a kernel that does not know it. */
static void test_kho_word(void **state)
{
	const struct sys sys = { .root = root };
	struct host h;

	(void)state;
	PUT("/proc/cmdline", "quiet kho=on\n");
	PUT("/proc/sys/kernel/osrelease", "6.12.1\n");
	host_read(&h, &sys);
	assert_int_equal(h.kho, -1);
	PUT("/proc/sys/kernel/osrelease", "6.16.0-rc1\n");
	host_read(&h, &sys);
	assert_int_equal(h.kho, 1);
	PUT("/proc/cmdline", "kho=on kho=off nokho=1\n");
	host_read(&h, &sys);
	assert_int_equal(h.kho, 0);
}

/* A FIFO must not block, a directory is no file. */
static void test_no_regular_file(void **state)
{
	const struct sys sys = { .root = root };
	char fifo[sizeof(root) + 64];
	struct host h;

	(void)state;
	PUT("/proc/meminfo", "MemTotal: 4 kB\n");
	PUT("/proc/self/status/x", "x");
	snprintf(fifo, sizeof(fifo), "%s/proc/iomem", root);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	host_read(&h, &sys);
	assert_int_equal(h.mem_total, 4096);
	assert_int_equal(h.cap_sys_boot, -1);
	assert_int_equal(h.crash_size, 0);
}

static void test_kernel_at_least(void **state)
{
	static const struct {
		const char *release;
		unsigned int major, minor;
		bool expected;
	} cases[] = {
		{ "6.12.48+deb13-amd64", 6, 12, true },
		{ "6.12.48+deb13-amd64", 6, 13, false },
		{ "6.12.48+deb13-amd64", 6, 8, true },
		{ "6.12.48+deb13-amd64", 5, 19, true },
		{ "6.12.48+deb13-amd64", 7, 0, false },
		{ "7.2", 6, 18, true },
		{ "10.0-rc1", 9, 99, true },
		{ "", 0, 0, false },
		{ "6", 6, 0, false },
		{ "6.", 6, 0, false },
		{ "6.-1", 6, 0, false },
		{ "-6.1", 0, 0, false },
		{ "99999999999999999999.1", 1, 0, false },
		{ "4294967296.0", 5, 0, true },
		{ "x.y", 0, 0, false },
	};
	struct host h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		host_unknown(&h);
		strcpy(h.release, cases[i].release);
		if (host_kernel_at_least(&h, cases[i].major, cases[i].minor) != cases[i].expected)
			fail_msg("%s against %u.%u", cases[i].release, cases[i].major,
				 cases[i].minor);
	}
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_loaded),
		cmocka_unit_test(test_crash_region),
		cmocka_unit_test(test_kernel_at_least),
		IN_ROOT(test_iomem_lines),
		IN_ROOT(test_new_names_first),
		IN_ROOT(test_secure_boot_bytes),
		IN_ROOT(test_lockdown_words),
		IN_ROOT(test_capability_bit),
		IN_ROOT(test_limits),
		IN_ROOT(test_kho_word),
		IN_ROOT(test_no_regular_file),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
