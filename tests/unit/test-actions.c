// SPDX-License-Identifier: GPL-2.0-or-later
/* Unload, exec, shutdown: which system calls, in which order, and what is said. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/actions.h"
#include "lib/cleanup.h"

/* ---- a kernel that writes down what it is asked, and answers as told ---- */

static char calls[512];

static struct {
	int file_load, load, reboot, ifdown, shutdown;
} answer;

static void __attribute__((format(printf, 1, 2))) record(const char *fmt, ...)
{
	size_t len = strlen(calls);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(calls + len, sizeof(calls) - len, fmt, ap);
	va_end(ap);
}

static int fake_file_load(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
			  const char *cmdline, unsigned long flags)
{
	record("file_load(%d, %d, %lu, %s, %#lx) ", kernel_fd, initrd_fd, cmdline_len,
	       cmdline ? cmdline : "NULL", flags);
	return answer.file_load;
}

static int fake_load(unsigned long entry, unsigned long nr_segments,
		     const struct kexec_segment_arg *segments, unsigned long flags)
{
	record("load(%lu, %lu, %s, %#lx) ", entry, nr_segments, segments ? "segments" : "NULL",
	       flags);
	return answer.load;
}

static int fake_reboot(void)
{
	record("reboot ");
	return answer.reboot;
}

static void fake_sync(void)
{
	record("sync ");
}

static int fake_ifdown(void)
{
	record("ifdown ");
	return answer.ifdown;
}

static int fake_shutdown(void)
{
	record("shutdown ");
	return answer.shutdown;
}

static const struct sys_ops recorder = {
	.kexec_file_load = fake_file_load,
	.kexec_load = fake_load,
	.reboot_kexec = fake_reboot,
	.sync = fake_sync,
	.ifdown = fake_ifdown,
	.shutdown = fake_shutdown,
};

static struct sys machine(const char *name)
{
	static char root[4096];
	const char *top = getenv("top_srcdir");

	snprintf(root, sizeof(root), "%s/tests/sysroot/%s", top ? top : ".", name);
	calls[0] = '\0';
	return (struct sys){ .root = root, .ops = &recorder };
}

static void expect_text(const char *row, const struct why *w, const char *start, const char *phrase)
{
	if (!start) {
		if (w->err || w->text[0])
			fail_msg("%s: says \"%s\"", row, w->text);
		return;
	}
	if (strncmp(w->text, start, strlen(start)) != 0)
		fail_msg("%s: \"%s\" does not start with \"%s\"", row, w->text, start);
	if (phrase && !strstr(w->text, phrase))
		fail_msg("%s: \"%s\" lacks \"%s\"", row, w->text, phrase);
}

/* ---- unload ---- */

#define FILE_UNLOAD  "file_load(-1, -1, 0, NULL, 0x1) "
#define FILE_CRASH   "file_load(-1, -1, 0, NULL, 0x3) "
#define PLAIN_UNLOAD "load(0, 0, NULL, 0) "
#define PLAIN_CRASH  "load(0, 0, NULL, 0x1) "

static const struct {
	const char *row, *machine;
	bool crash;
	enum kexec_syscall how;
	int file_load, load; /* what the kernel answers */
	const char *calls;
	int result;
	const char *start, *phrase;
} unloads[] = {
	{ "auto", "debian-bios", false, SYSCALL_AUTO, 0, 0, FILE_UNLOAD, 0, NULL, NULL },
	{ "auto, crash", "debian-bios", true, SYSCALL_AUTO, 0, 0, FILE_CRASH, 0, NULL, NULL },
	{ "file", "debian-bios", false, SYSCALL_FILE, 0, 0, FILE_UNLOAD, 0, NULL, NULL },
	{ "file, crash", "debian-bios", true, SYSCALL_FILE, 0, 0, FILE_CRASH, 0, NULL, NULL },
	{ "classic", "debian-bios", false, SYSCALL_CLASSIC, 0, 0, PLAIN_UNLOAD, 0, NULL, NULL },
	{ "classic, crash", "debian-bios", true, SYSCALL_CLASSIC, 0, 0, PLAIN_CRASH, 0, NULL,
	  NULL },

	/* only a kernel without the call is asked in the other way */
	{ "no file syscall", "debian-bios", true, SYSCALL_AUTO, -ENOSYS, 0, FILE_CRASH PLAIN_CRASH,
	  0, NULL, NULL },
	{ "no syscall", "no-kexec", false, SYSCALL_AUTO, -ENOSYS, -ENOSYS, FILE_UNLOAD PLAIN_UNLOAD,
	  -ENOSYS, "kexec unload failed: Function not implemented (ENOSYS): ",
	  "built without kexec (CONFIG_KEXEC)" },
	{ "file alone, none", "debian-bios", false, SYSCALL_FILE, -ENOSYS, 0, FILE_UNLOAD, -ENOSYS,
	  "kexec_file_load(unload) failed: Function not implemented", "CONFIG_KEXEC_FILE" },
	{ "EINVAL", "debian-bios", false, SYSCALL_AUTO, -EINVAL, 0, FILE_UNLOAD, -EINVAL,
	  "kexec_file_load(unload) failed: Invalid argument", NULL },
	{ "EBUSY", "debian-bios", true, SYSCALL_AUTO, -EBUSY, 0, FILE_CRASH, -EBUSY,
	  "kexec_file_load(unload) failed: Device or resource busy", "try again" },
	{ "EPERM", "kdump-unprivileged", true, SYSCALL_AUTO, -EPERM, 0, FILE_CRASH, -EPERM,
	  "kexec_file_load(unload) failed: Operation not permitted", "CAP_SYS_BOOT" },
	{ "disabled", "limits-exhausted", false, SYSCALL_AUTO, -EPERM, 0, FILE_UNLOAD, -EPERM,
	  "kexec_file_load(unload) failed: Operation not permitted", "kexec_load_disabled is 1" },
	{ "lockdown", "fedora-secureboot-lockdown", true, SYSCALL_CLASSIC, 0, -EPERM, PLAIN_CRASH,
	  -EPERM, "kexec unload failed: Operation not permitted (EPERM): kernel lockdown",
	  "kexec -s -p -u" },
	{ "Secure Boot", "fedora-secureboot-lockdown", false, SYSCALL_CLASSIC, 0, -EACCES,
	  PLAIN_UNLOAD, -EACCES, "kexec unload failed: Permission denied (EACCES): Secure Boot",
	  "kexec -s -u" },
};

static void test_unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unloads); i++) {
		const struct sys sys = machine(unloads[i].machine);
		struct why w = { 0 };
		int r;

		answer.file_load = unloads[i].file_load;
		answer.load = unloads[i].load;
		r = action_unload(&sys, unloads[i].crash, unloads[i].how, &w);
		if (r != unloads[i].result || (r && r != w.err))
			fail_msg("%s: returns %d", unloads[i].row, r);
		if (strcmp(calls, unloads[i].calls) != 0)
			fail_msg("%s: %s", unloads[i].row, calls);
		expect_text(unloads[i].row, &w, unloads[i].start, unloads[i].phrase);
	}
}

/* ---- exec ---- */

static const struct {
	const char *row, *machine;
	bool no_sync, no_ifdown;
	int ifdown, reboot;
	const char *calls;
	int result;
	const char *start, *phrase;
} execs[] = {
	{ "nothing", "debian-bios", false, false, 0, -EINVAL, "", -ENOENT,
	  "Nothing has been loaded!", NULL },
	{ "only a crash kernel", "kdump-reserved", false, false, 0, -EINVAL, "", -ENOENT,
	  "Nothing has been loaded!", NULL },
	{ "loaded", "limits-exhausted", false, false, 0, -EINVAL, "sync ifdown reboot ", -EINVAL,
	  "kexec reboot failed: Invalid argument", "nothing is loaded" },
	{ "no sync", "limits-exhausted", true, false, 0, -EINVAL, "ifdown reboot ", -EINVAL,
	  "kexec reboot failed: ", NULL },
	{ "no ifdown", "limits-exhausted", false, true, 0, -EINVAL, "sync reboot ", -EINVAL,
	  "kexec reboot failed: ", NULL },
	{ "neither", "limits-exhausted", true, true, 0, -EPERM, "reboot ", -EPERM,
	  "kexec reboot failed: Operation not permitted", "seccomp" },
	{ "ifdown fails", "limits-exhausted", false, false, -EPERM, -EBUSY, "sync ifdown reboot ",
	  -EBUSY, "kexec reboot failed: Device or resource busy", "try again" },
	{ "sysfs does not tell", "no-sysfs", false, false, 0, -EINVAL, "sync ifdown reboot ",
	  -EINVAL, "kexec reboot failed: ", NULL },
};

static void test_exec(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(execs); i++) {
		const struct sys sys = machine(execs[i].machine);
		struct why w = { 0 };
		int r;

		answer.ifdown = execs[i].ifdown;
		answer.reboot = execs[i].reboot;
		r = action_exec(&sys, execs[i].no_sync, execs[i].no_ifdown, &w);
		if (r != execs[i].result || r != w.err)
			fail_msg("%s: returns %d", execs[i].row, r);
		if (strcmp(calls, execs[i].calls) != 0)
			fail_msg("%s: %s", execs[i].row, calls);
		expect_text(execs[i].row, &w, execs[i].start, execs[i].phrase);
	}
}

static void test_shutdown(void **state)
{
	const struct sys sys = machine("debian-bios");
	struct why w = { 0 };

	(void)state;
	answer.shutdown = -ENOENT;
	assert_int_equal(action_shutdown(&sys, &w), -ENOENT);
	assert_string_equal(calls, "shutdown ");
	assert_string_equal(w.text, "cannot run shutdown -r now: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unload),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_shutdown),
	};

	return cmocka_run_group_tests_name("actions", tests, NULL, NULL);
}
