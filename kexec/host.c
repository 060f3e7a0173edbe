// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kexec/host.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

#define CAP_SYS_BOOT_BIT 22 /* linux/capability.h */

#define EFIVARS	     "/sys/firmware/efi/efivars/"
#define SECURE_BOOT  EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define MOK_SB_STATE EFIVARS "MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23"

/*
 * A number and what follows it; false if there is none, if it has a sign or if
 * it does not fit. strtoull() alone would take " -1" for a huge number.
 */
static bool parse_u64(const char *text, int base, uint64_t *ret, const char **ret_rest)
{
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	value = strtoull(text, &end, base);
	if (end == text || errno)
		return false;
	*ret = value;
	*ret_rest = end;
	return true;
}

/* What follows "@key" and blanks on the first line that starts with it; NULL: no such line. */
static const char *value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text) {
		if (strncmp(text, key, len) == 0)
			return text + len + strspn(text + len, " \t");
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return NULL;
}

/* A file that says 0 or 1; anything else is unknown. */
static int read_flag(const struct sys *sys, const char *path)
{
	uint64_t value;

	if (sysfile_u64(sys->root, path, &value) < 0 || value > 1)
		return -1;
	return value;
}

static bool is_directory(const struct sys *sys, const char *path)
{
	autofree char *text = NULL;

	return sysfile_read(sys->root, path, &text) == -EISDIR;
}

static void read_release(struct host *h, const struct sys *sys)
{
	autofree char *text = NULL;
	size_t len;

	if (sysfile_read(sys->root, "/proc/sys/kernel/osrelease", &text) < 0)
		return;
	len = strcspn(text, "\n");
	if (len >= sizeof(h->release))
		return; /* not what uname(2) could say */
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]))
			return;
	memcpy(h->release, text, len);
	h->release[len] = '\0';
}

static enum lockdown read_lockdown(const struct sys *sys)
{
	autofree char *text = NULL;

	/* "none [integrity] confidentiality": the one in brackets holds. */
	if (sysfile_read(sys->root, "/sys/kernel/security/lockdown", &text) < 0)
		return LOCKDOWN_UNKNOWN;
	if (strstr(text, "[none]"))
		return LOCKDOWN_NONE;
	if (strstr(text, "[integrity]"))
		return LOCKDOWN_INTEGRITY;
	if (strstr(text, "[confidentiality]"))
		return LOCKDOWN_CONFIDENTIALITY;
	return LOCKDOWN_UNKNOWN;
}

/* An EFI variable of one byte: four bytes of attributes stand in front of it. */
static int read_efi_flag(const struct sys *sys, const char *path)
{
	autofree char *text = NULL;
	unsigned char value;

	if (sysfile_read(sys->root, path, &text) != 5)
		return -1;
	value = text[4];
	return value <= 1 ? value : -1;
}

/*
 * The kernel's own reading of Secure Boot: shim's MokSBState, which mokutil
 * --disable-validation sets, switches it off for Linux.
 */
static int read_secure_boot(const struct sys *sys)
{
	int on = read_efi_flag(sys, SECURE_BOOT);

	if (on == 1 && read_efi_flag(sys, MOK_SB_STATE) == 1)
		return 0;
	if (on < 0 && is_directory(sys, "/sys/firmware") && !is_directory(sys, "/sys/firmware/efi"))
		return 0; /* not started by EFI */
	return on;
}

static void read_process(struct host *h, const struct sys *sys)
{
	autofree char *status = NULL, *map = NULL;
	const char *value, *rest;
	uint64_t number;

	if (sysfile_read(sys->root, "/proc/self/status", &status) >= 0) {
		value = value_of(status, "CapEff:");
		if (value && parse_u64(value, 16, &number, &rest))
			h->cap_sys_boot = (number >> CAP_SYS_BOOT_BIT) & 1;
		value = value_of(status, "Seccomp:");
		if (value && parse_u64(value, 10, &number, &rest))
			h->seccomp = number != 0;
	}
	if (sysfile_read(sys->root, "/proc/self/uid_map", &map) >= 0) {
		unsigned long inside, outside, count;

		/* Only the first namespace maps every id to itself. */
		if (sscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3)
			h->user_namespace = inside != 0 || outside != 0 || count != 4294967295ul;
	}
}

static int64_t read_limit(const struct sys *sys, const char *path)
{
	autofree char *text = NULL;
	const char *rest;
	uint64_t value;

	if (sysfile_read(sys->root, path, &text) < 0)
		return HOST_LIMIT_UNKNOWN;
	if (strncmp(text, "-1", 2) == 0 && !isdigit((unsigned char)text[2]))
		return HOST_LIMIT_NONE;
	if (!parse_u64(text, 10, &value, &rest) || value > INT64_MAX)
		return HOST_LIMIT_UNKNOWN;
	return value;
}

static int64_t meminfo_bytes(const char *meminfo, const char *key)
{
	const char *value = value_of(meminfo, key), *rest;
	uint64_t kib;

	if (!value || !parse_u64(value, 10, &kib, &rest) || strncmp(rest, " kB", 3) != 0 ||
	    kib > INT64_MAX / KiB)
		return -1;
	return kib * KiB;
}

static void read_memory(struct host *h, const struct sys *sys)
{
	autofree char *meminfo = NULL;
	uint64_t size;

	if (sysfile_read(sys->root, "/proc/meminfo", &meminfo) >= 0) {
		h->mem_total = meminfo_bytes(meminfo, "MemTotal:");
		h->mem_available = meminfo_bytes(meminfo, "MemAvailable:");
	}
	if (host_crash_region_size(sys, &size) == 0 && size <= INT64_MAX)
		h->crash_size = size;
}

/* The policy can be read only where the kernel was built with CONFIG_IMA_READ_POLICY. */
static int read_ima(const struct sys *sys)
{
	autofree char *policy = NULL;
	char *cursor, *rule;

	if (sysfile_read(sys->root, "/sys/kernel/security/ima/policy", &policy) < 0)
		return -1;
	cursor = policy;
	while ((rule = strsep(&cursor, "\n")))
		if (strncmp(rule, "appraise ", 9) == 0 && strstr(rule, "func=KEXEC_KERNEL_CHECK"))
			return 1;
	return 0;
}

static int read_enforced(const struct sys *sys)
{
	autofree char *text = NULL;
	const char *value;

	if (sysfile_read(sys->root, "/sys/kernel/kexec_decomposed", &text) < 0)
		return -1;
	value = value_of(text, "enforced ");
	if (!value || (value[0] != '0' && value[0] != '1') || isdigit((unsigned char)value[1]))
		return -1;
	return value[0] - '0';
}

/* What the last "kho=" says, in the words that kernels take for yes and no: 1, 0, -1. */
static int kho_word(const struct sys *sys)
{
	autofree char *cmdline = NULL;
	char *cursor, *word;
	int ret = -1;

	if (sysfile_read(sys->root, "/proc/cmdline", &cmdline) < 0)
		return -1;
	cursor = cmdline;
	while ((word = strsep(&cursor, " \n"))) {
		if (strncmp(word, "kho=", 4) != 0 || !word[4])
			continue;
		if (strchr("yYtT1", word[4]) || strncasecmp(word + 4, "on", 2) == 0)
			ret = 1;
		else if (strchr("nNfF0", word[4]) || strncasecmp(word + 4, "of", 2) == 0)
			ret = 0;
	}
	return ret;
}

static int64_t read_crypt_keys(const struct sys *sys)
{
	int64_t nr = read_limit(sys, "/sys/kernel/config/crash_dm_crypt_keys/count");

	return nr < 0 ? -1 : nr;
}

/* Does debugfs tell that there is no Kexec HandOver? Not if it is out of sight. */
static bool debugfs_denies(const struct sys *sys)
{
	autofree char *mounts = NULL, *text = NULL;

	return sysfile_read(sys->root, "/proc/self/mounts", &mounts) >= 0 &&
	       strstr(mounts, " /sys/kernel/debug debugfs ") &&
	       sysfile_read(sys->root, "/sys/kernel/debug/kho", &text) == -ENOENT;
}

/*
 * Was the running kernel built with Kexec HandOver? 1, 0, -1. BTF names all functions, in
 * one section of names with a NUL behind each (Linux, Documentation/bpf/btf.rst).
 */
static int built_with_kho(const struct sys *sys)
{
	static const char path[] = "/sys/kernel/btf/vmlinux", name[] = "\0kho_is_enabled";
	autofree char *names = NULL;
	struct btf_header h;

	if (sysfile_at(sys->root, path, 0, &h, sizeof(h)) < 0 || h.magic != BTF_MAGIC ||
	    h.str_len == 0 || h.str_len > LIMIT_KERNEL_NAMES)
		return -1;
	names = malloc(h.str_len);
	if (!names ||
	    sysfile_at(sys->root, path, (uint64_t)h.hdr_len + h.str_off, names, h.str_len) < 0)
		return -1;
	return memmem(names, h.str_len, name, sizeof(name)) != NULL;
}

/*
 * What was active at boot is active for good. A command line without "kho=" says
 * nothing: the default is a matter of the kernel's build. With it a kernel of an
 * older number may have the feature from a distribution.
 */
static int read_kho(const struct host *h, const struct sys *sys)
{
	bool young = !h->release[0] || host_kernel_at_least(h, 6, 16);
	int word;

	if (is_directory(sys, "/sys/kernel/debug/kho/out"))
		return 1;
	word = kho_word(sys);
	if (word == 0 || (!young && word < 0) || built_with_kho(sys) == 0)
		return 0;
	if (debugfs_denies(sys))
		return word == 1 && young ? -1 : 0;
	if (word == 1)
		return young && h->release[0] ? 1 : -1;
	return -1;
}

/* "control_d" among the capabilities is what makes a guest of Xen its host. */
static int read_xen_dom0(const struct sys *sys)
{
	autofree char *text = NULL;
	int r = sysfile_read(sys->root, "/proc/xen/capabilities", &text);

	if (r < 0)
		return r == -ENOENT ? 0 : -1;
	return strstr(text, "control_d") != NULL;
}

static int read_kexec_core(const struct sys *sys)
{
	int r = host_loaded(sys, false);

	if (r != -ENOENT)
		return r >= 0 ? 1 : -1;
	return is_directory(sys, "/sys/kernel") ? 0 : -1;
}

void host_unknown(struct host *ret)
{
	*ret = (struct host){
		.lockdown = LOCKDOWN_UNKNOWN,
		.secure_boot = -1,
		.cap_sys_boot = -1,
		.seccomp = -1,
		.user_namespace = -1,
		.kexec_core = -1,
		.load_disabled = -1,
		.limit_reboot = HOST_LIMIT_UNKNOWN,
		.limit_panic = HOST_LIMIT_UNKNOWN,
		.mem_total = -1,
		.mem_available = -1,
		.crash_size = -1,
		.ima_appraises = -1,
		.sig_force = -1,
		.xen_dom0 = -1,
		.kho = -1,
		.crypt_keys = -1,
	};
}

void host_read(struct host *ret, const struct sys *sys)
{
	host_unknown(ret);
	read_release(ret, sys);
	read_process(ret, sys);
	read_memory(ret, sys);
	ret->lockdown = read_lockdown(sys);
	ret->secure_boot = read_secure_boot(sys);
	ret->kexec_core = read_kexec_core(sys);
	ret->load_disabled = read_flag(sys, "/proc/sys/kernel/kexec_load_disabled");
	ret->limit_reboot = read_limit(sys, "/proc/sys/kernel/kexec_load_limit_reboot");
	ret->limit_panic = read_limit(sys, "/proc/sys/kernel/kexec_load_limit_panic");
	ret->ima_appraises = read_ima(sys);
	ret->sig_force = read_enforced(sys);
	ret->xen_dom0 = read_xen_dom0(sys);
	ret->kho = read_kho(ret, sys);
	ret->crypt_keys = read_crypt_keys(sys);
}

bool host_kernel_at_least(const struct host *h, unsigned int major, unsigned int minor)
{
	uint64_t have_major, have_minor;
	const char *rest;

	if (!parse_u64(h->release, 10, &have_major, &rest) || *rest != '.' ||
	    !parse_u64(rest + 1, 10, &have_minor, &rest))
		return false;
	return have_major > major || (have_major == major && have_minor >= minor);
}

/* Newer kernels have these in /sys/kernel/kexec/, and the old names as links at most. */
static int read_moved(const struct sys *sys, const char *new_path, const char *old_path,
		      uint64_t *ret)
{
	int r = sysfile_u64(sys->root, new_path, ret);

	return r == -ENOENT ? sysfile_u64(sys->root, old_path, ret) : r;
}

int host_loaded(const struct sys *sys, bool crash)
{
	uint64_t value;
	int r;

	if (crash)
		r = read_moved(sys, "/sys/kernel/kexec/crash_loaded",
			       "/sys/kernel/kexec_crash_loaded", &value);
	else
		r = read_moved(sys, "/sys/kernel/kexec/loaded", "/sys/kernel/kexec_loaded", &value);
	return r < 0 ? r : value != 0;
}

/* Is @line "  start-end : Crash kernel"? */
static bool crash_line(const char *line, uint64_t *ret_start, uint64_t *ret_end)
{
	const char *rest = line + strspn(line, " ");

	return parse_u64(rest, 16, ret_start, &rest) && *rest == '-' &&
	       parse_u64(rest + 1, 16, ret_end, &rest) && strcmp(rest, " : Crash kernel") == 0;
}

int host_crash_region_size(const struct sys *sys, uint64_t *ret)
{
	autofree char *iomem = NULL;
	uint64_t start, end, size = 0, other;
	bool hidden;
	char *cursor, *line;
	int r;

	hidden = sysfile_read(sys->root, "/proc/iomem", &iomem) < 0;
	cursor = iomem;
	while ((line = strsep(&cursor, "\n"))) {
		if (!crash_line(line, &start, &end))
			continue;
		/* 0-0 hides the addresses; an end below the start is nonsense. */
		hidden = end <= start || end - start == UINT64_MAX;
		size = hidden ? 0 : end - start + 1;
	}
	if (size == 0) {
		r = read_moved(sys, "/sys/kernel/kexec/crash_size", "/sys/kernel/kexec_crash_size",
			       &other);
		if (r < 0 && (hidden || r != -ENOENT))
			return r;
		size = r < 0 ? 0 : other;
	}
	*ret = size;
	return 0;
}
