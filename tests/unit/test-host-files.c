// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts of the machine from single odd files, made here. */
#define _GNU_SOURCE
#include <errno.h>
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

static char root[64];

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

/* Nonsense or hidden addresses, and nobody else to ask: not the same as none. */
static void test_iomem_alone(void **state)
{
	const struct sys sys = { .root = root };
	uint64_t size;
	struct host h;

	(void)state;
	PUT("/proc/iomem", "0-ffffffffffffffff : Crash kernel\n");
	assert_int_equal(host_crash_region_size(&sys, &size), -ENOENT);
	PUT("/proc/iomem", "0-0 : Crash kernel\n");
	assert_int_equal(host_crash_region_size(&sys, &size), -ENOENT);
	PUT("/proc/iomem", "1-8000000000000001 : Crash kernel\n");
	assert_int_equal(host_crash_region_size(&sys, &size), 0);
	host_read(&h, &sys);
	assert_int_equal(h.crash_size, -1);
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

static void test_release(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "6.12.1\n", "6.12.1" },
		{ "6.12.1", "6.12.1" },
		{ "\n", "" },
		{ "6.12 1\n", "" },
		{ "6.12\033[1m\n", "" },
		{ "6.12\xff\n", "" },
		{ "6.1234567890123456789012345678901234567890123456789012345678901\n",
		  "6.1234567890123456789012345678901234567890123456789012345678901" },
		{ "6.12345678901234567890123456789012345678901234567890123456789012345\n", "" },
	};
	const struct sys sys = { .root = root };
	struct host h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put("/proc/sys/kernel/osrelease", cases[i].text, strlen(cases[i].text));
		host_read(&h, &sys);
		assert_string_equal(h.release, cases[i].expected);
	}
}

static void test_small_words(void **state)
{
	static const struct {
		const char *uid_map, *disabled, *decomposed;
		int namespace, load_disabled, sig_force;
	} cases[] = {
		{ "0 0 4294967295\n", "0\n", "enforced 0\n", 0, 0, 0 },
		{ "0 0 4294967294\n", "1\n", "armed 1\nenforced 1\n", 1, 1, 1 },
		{ "0 1 4294967295\n", "2\n", "enforced 2\n", 1, -1, -1 },
		{ "1 0 4294967295\n", "\n", "enforced\n", 1, -1, -1 },
		{ "0 0\n", "no\n", "not enforced 1\n", -1, -1, -1 },
	};
	const struct sys sys = { .root = root };
	struct host h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put("/proc/self/uid_map", cases[i].uid_map, strlen(cases[i].uid_map));
		put("/proc/sys/kernel/kexec_load_disabled", cases[i].disabled,
		    strlen(cases[i].disabled));
		put("/sys/kernel/kexec_decomposed", cases[i].decomposed,
		    strlen(cases[i].decomposed));
		host_read(&h, &sys);
		assert_int_equal(h.user_namespace, cases[i].namespace);
		assert_int_equal(h.load_disabled, cases[i].load_disabled);
		assert_int_equal(h.sig_force, cases[i].sig_force);
	}
}

/*
 * The word proves nothing on a kernel that may not know it, and no word none on one that
 * does; debugfs settles it where it can be seen.
 */
static void test_kho_word(void **state)
{
	static const char mounted[] = "debugfs /sys/kernel/debug debugfs rw 0 0\n";
	static const struct {
		const char *cmdline, *release, *mounts;
		int kho;
	} cases[] = {
		{ "quiet kho=on\n", "6.12.1\n", "", -1 },
		{ "quiet kho=on\n", "6.16.0-rc1\n", "", 1 },
		{ "kho=on kho=off nokho=1\n", "6.16.0\n", "", 0 },
		{ "kho=off kho=1\n", "7.2.13\n", "", 1 },
		{ "kho=n\n", "7.2.13\n", "", 0 },
		{ "kho= kho=maybe\n", "7.2.13\n", "", -1 },
		{ "nokho=on\n", "6.15.9\n", "", 0 },
		{ "quiet\n", "6.16.0\n", "", -1 },
		{ "quiet\n", "\n", "", -1 },
		{ "kho=on\n", "\n", "", -1 },
		{ "quiet\n", "7.2.13\n", mounted, 0 },
		{ "kho=on\n", "7.2.13\n", mounted, -1 },
		{ "kho=on\n", "6.12.1\n", mounted, 0 },
		{ "quiet\n", "\n", mounted, 0 },
	};
	const struct sys sys = { .root = root };
	struct host h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put("/proc/cmdline", cases[i].cmdline, strlen(cases[i].cmdline));
		put("/proc/sys/kernel/osrelease", cases[i].release, strlen(cases[i].release));
		put("/proc/self/mounts", cases[i].mounts, strlen(cases[i].mounts));
		host_read(&h, &sys);
		if (h.kho != cases[i].kho)
			fail_msg("case %zu: %d", i, h.kho);
	}
	PUT("/sys/kernel/debug/kho/out/fdt", "");
	PUT("/proc/cmdline", "kho=off\n");
	host_read(&h, &sys);
	assert_int_equal(h.kho, 1);
}

static void test_crypt_keys(void **state)
{
	static const struct {
		const char *text;
		int64_t nr;
	} cases[] = { { "0\n", 0 }, { "2\n", 2 }, { "-1\n", -1 }, { "two\n", -1 }, { "", -1 } };
	const struct sys sys = { .root = root };
	struct host h;

	(void)state;
	host_read(&h, &sys);
	assert_int_equal(h.crypt_keys, -1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put("/sys/kernel/config/crash_dm_crypt_keys/count", cases[i].text,
		    strlen(cases[i].text));
		host_read(&h, &sys);
		assert_int_equal(h.crypt_keys, cases[i].nr);
	}
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

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOT(test_iomem_lines),     IN_ROOT(test_iomem_alone),
		IN_ROOT(test_new_names_first), IN_ROOT(test_secure_boot_bytes),
		IN_ROOT(test_lockdown_words),  IN_ROOT(test_capability_bit),
		IN_ROOT(test_limits),	       IN_ROOT(test_release),
		IN_ROOT(test_small_words),     IN_ROOT(test_kho_word),
		IN_ROOT(test_no_regular_file), IN_ROOT(test_crypt_keys),
	};

	return cmocka_run_group_tests_name("host-files", tests, NULL, NULL);
}
