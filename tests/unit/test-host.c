// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts of recorded machines, tests/sysroot/MACHINE. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kexec/host.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

static char root[4096];

static struct sys machine(const char *name)
{
	const char *top = getenv("top_srcdir");

	snprintf(root, sizeof(root), "%s/tests/sysroot/%s", top ? top : ".", name);
	if (access(root, X_OK) < 0)
		fail_msg("no recorded machine %s", root);
	return (struct sys){ .root = root };
}

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
		  .ima_appraises = -1, .sig_force = -1, .kho = 0 },
		.loaded = 0,
	},
	{
		"fedora-secureboot-lockdown",
		{ "6.17.5-300.fc43.x86_64", LOCKDOWN_INTEGRITY, .secure_boot = 1, .cap_sys_boot = 1,
		  .seccomp = 0, .user_namespace = 0, .kexec_core = 1, .load_disabled = 0,
		  .limit_reboot = HOST_LIMIT_NONE, .limit_panic = HOST_LIMIT_NONE,
		  .mem_total = 16224356 * 1024l, .mem_available = 12033840 * 1024l, .crash_size = 0,
		  .ima_appraises = 1, .sig_force = -1, .kho = -1 },
		.loaded = 0,
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
		  .crash_size = 256 * MiB, .ima_appraises = -1, .sig_force = -1, .kho = 0 },
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
		  .crash_size = 0, .ima_appraises = -1, .sig_force = -1, .kho = 0 },
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
		  .sig_force = -1, .kho = 0 },
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
		  .sig_force = -1, .kho = 0 },
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
		{ "6-12", 6, 0, false },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_loaded),
		cmocka_unit_test(test_crash_region),
		cmocka_unit_test(test_kernel_at_least),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
