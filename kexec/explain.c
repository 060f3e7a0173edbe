// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kexec/explain.h"
#include "lib/amount.h"
#include "lib/cleanup.h"

/* The kernel's own errno for a signature of a kind that it cannot check; libc has no name. */
#define KERNEL_ENOTSUPP 524

/* Flags that are as old as the system call. */
#define OLD_FLAGS (KEXEC_FILE_UNLOAD | KEXEC_FILE_ON_CRASH | KEXEC_FILE_NO_INITRAMFS)

#define NO_CAUSE "no cause is visible from here; "
#define DMESG    "the end of the kernel log (dmesg) may say more"

/* What is being explained, and the line that grows. */
struct line {
	const struct refusal *r;
	const struct host *h;
	const char *text; /* from the table */
	int nr_causes;
	char *buf;
	size_t size, len;
};

static void __attribute__((format(printf, 2, 3))) say(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->buf + l->len, l->size - l->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < l->size - l->len ? (size_t)n : l->size - l->len - 1;
}

static void say_text(struct line *l)
{
	say(l, "%s", l->text);
}

static void say_dmesg(struct line *l)
{
	say(l, NO_CAUSE DMESG);
}

/* One of several causes, if no fact rules it out. */
static void say_cause(struct line *l, bool possible, const char *cause)
{
	if (possible)
		say(l, "%s%s", l->nr_causes++ ? "; " : "possible causes: ", cause);
}

/* ---- amounts ---- */

/* What is needed is rounded up and what is there down: see lib/amount.h. */
#define needs(bytes) (amount(bytes, true).text)
#define has(bytes)   (amount(bytes, false).text)

static uint64_t kernel_needs(const struct refusal *r)
{
	return r->memory_size > r->kernel_size ? r->memory_size : r->kernel_size;
}

static uint64_t image_needs(const struct refusal *r)
{
	uint64_t kernel = kernel_needs(r);

	return r->initrd_size > UINT64_MAX - kernel ? UINT64_MAX : kernel + r->initrd_size;
}

/* ---- EPERM: in the order in which the kernel asks ---- */

static bool locked_down(const struct host *h)
{
	return h->lockdown == LOCKDOWN_INTEGRITY || h->lockdown == LOCKDOWN_CONFIDENTIALITY;
}

/* Under lockdown, kexec_file_load(2) may load what is signed, and unload anything. */
static bool lockdown_counts(const struct refusal *r)
{
	return !r->exec && !(r->file_load && r->unload);
}

static bool caller_may_not(struct line *l)
{
	if (l->h->cap_sys_boot == 0)
		say(l, "this process lacks CAP_SYS_BOOT; run kexec as root (sudo), outside of any "
		       "container");
	else if (l->h->user_namespace == 1)
		say(l, "root of a user namespace (a container) may not do this; run kexec as root "
		       "of the machine itself");
	else
		return false;
	return true;
}

static bool sysctl_forbids(struct line *l)
{
	const struct host *h = l->h;

	if (l->r->exec)
		return false;
	if (h->load_disabled == 1)
		say(l, "the sysctl kernel.kexec_load_disabled is 1, which forbids every load and "
		       "unload and stays so until the next reboot; look for who sets it "
		       "(/etc/sysctl.d), reboot, and load before it is set");
	else if ((l->r->crash ? h->limit_panic : h->limit_reboot) == 0)
		say(l,
		    "the sysctl kernel.kexec_load_limit_%s is 0, and cannot be raised before the "
		    "next reboot; every load, unload and failed attempt uses one up",
		    l->r->crash ? "panic" : "reboot");
	else
		return false;
	return true;
}

/* A signature around what we unpacked is not one that the kernel sees. */
static void say_what_to_sign(struct line *l)
{
	if (l->r->as_is)
		say(l, "; use a kernel signed with a key that this machine trusts (in the "
		       "firmware's db, or enrolled with mokutil --import)");
	else
		say(l, "; the kernel was unpacked from another file, whose signature does not "
		       "count: the kernel inside must be signed itself, or the running kernel must "
		       "be one that takes the whole signed file");
}

/* The same by kexec_file_load(2). */
static const char *by_file(const struct refusal *r)
{
	if (!r->unload)
		return "kexec -s with a signed kernel";
	return r->crash ? "kexec -s -p -u" : "kexec -s -u";
}

static bool lockdown_forbids(struct line *l)
{
	if (!locked_down(l->h) || !lockdown_counts(l->r))
		return false;
	say(l, "kernel lockdown is in %s mode",
	    l->h->lockdown == LOCKDOWN_INTEGRITY ? "integrity" : "confidentiality");
	if (l->r->file_load) {
		say(l, " and the signature of this kernel could not be verified");
		say_what_to_sign(l);
	} else {
		say(l, ", which forbids kexec_load(2); use %s", by_file(l->r));
	}
	return true;
}

static void tell_eperm(struct line *l)
{
	const struct host *h = l->h;
	bool sysctls = !l->r->exec;

	if (caller_may_not(l) || sysctl_forbids(l) || lockdown_forbids(l))
		return;
	say_cause(l, h->cap_sys_boot < 0, "this process lacks CAP_SYS_BOOT (run kexec as root)");
	say_cause(l, h->user_namespace < 0, "it runs in a container's user namespace");
	say_cause(l, sysctls && h->load_disabled < 0, "kernel.kexec_load_disabled is 1");
	say_cause(l, sysctls && !l->r->crash && h->limit_reboot == HOST_LIMIT_UNKNOWN,
		  "kernel.kexec_load_limit_reboot is used up");
	say_cause(l, sysctls && l->r->crash && h->limit_panic == HOST_LIMIT_UNKNOWN,
		  "kernel.kexec_load_limit_panic is used up");
	say_cause(l, lockdown_counts(l->r) && h->lockdown == LOCKDOWN_UNKNOWN, "kernel lockdown");
	say_cause(l, h->seccomp == 1, "the seccomp filter that this process runs under");
	say_cause(l, l->r->whole, "CAP_BPF or CAP_PERFMON is missing, or the image's signature does "
				  "not cover what its parser program names");
	say_cause(l, true, l->text);
}

/* ---- EACCES and signatures ---- */

static void tell_eacces(struct line *l)
{
	bool secure_boot = l->h->secure_boot == 1, ima = l->h->ima_appraises == 1;

	if (!lockdown_counts(l->r)) {
		say_text(l);
	} else if (!l->r->file_load) {
		if (secure_boot)
			say(l, "Secure Boot is on, where this kernel does not allow kexec_load(2)");
		else
			say(l, "%sthe IMA policy, to which kexec_load(2) shows no file to check",
			    ima ? "" : "probably ");
		say(l, "; use %s", by_file(l->r));
	} else if (!ima && !secure_boot) {
		say(l, "probably the IMA policy (attribute security.ima) or %s", l->text);
	} else {
		say(l,
		    "%sthe IMA policy%s demands a signature in the file's attribute security.ima",
		    ima ? "" : "probably ", secure_boot ? " that comes with Secure Boot" : "");
		if (l->r->as_is)
			say(l, "; sign the kernel (and maybe the initrd) with evmctl ima_sign, or "
			       "use the distribution's signed kernel");
		else
			say(l, "; a kernel unpacked from another file has no attributes: pass the "
			       "bare kernel file that has it");
	}
}

static void tell_signature(struct line *l)
{
	if (!l->r->file_load) { /* no file, no signature: some other meaning of this errno */
		say_dmesg(l);
		return;
	}
	say(l, "this machine demands a signed kernel, and %s", l->text);
	say_what_to_sign(l);
}

/* ---- EINVAL, ENOEXEC, EADDRNOTAVAIL: what was asked for ---- */

static bool flag_unknown(struct line *l)
{
	static const struct {
		unsigned long flag;
		const char *option;
		unsigned int major, minor;
	} since[] = {
		{ KEXEC_FILE_NO_CMA, "--no-cma", 6, 17 },
		{ KEXEC_FILE_FORCE_DTB, "--force-dtb", 6, 18 },
		{ KEXEC_FILE_DEBUG, "-d", 6, 8 },
	};

	for (size_t i = 0; l->r->file_load && l->h->release[0] && i < ARRAY_SIZE(since); i++) {
		if (!(l->r->flags & since[i].flag) ||
		    host_kernel_at_least(l->h, since[i].major, since[i].minor))
			continue;
		say(l,
		    "the running kernel (%s) probably does not know %s, which came with Linux "
		    "%u.%u; leave it away",
		    l->h->release, since[i].option, since[i].major, since[i].minor);
		return true;
	}
	return false;
}

static bool cmdline_too_long(struct line *l)
{
	uint64_t len = l->r->cmdline_len, max = l->r->cmdline_max;

	if (!l->r->file_load || !max || len <= max)
		return false;
	say(l, "the command line has %" PRIu64 " characters, this kernel takes %" PRIu64, len, max);
	say(l, " at most here; shorten it by %" PRIu64, len - max);
	return true;
}

static bool no_reservation(struct line *l)
{
	if (!l->r->crash || l->h->crash_size != 0)
		return false;
	say(l, "no memory is reserved for a crash kernel; boot with crashkernel=256M (or more) on "
	       "the kernel command line");
	return true;
}

static bool over_half_of_ram(struct line *l)
{
	uint64_t ram = l->h->mem_total < 0 ? 0 : l->h->mem_total;

	if (!ram || image_needs(l->r) <= ram / 2)
		return false;
	say(l,
	    "kernel (%s) and initrd (%s) together need more than half of this machine's memory "
	    "(%s), which Linux refuses; use a smaller initrd, or add memory",
	    needs(kernel_needs(l->r)), needs(l->r->initrd_size), has(ram));
	return true;
}

static void tell_format(struct line *l)
{
	const char *arch = l->r->arch ? l->r->arch : "";

	say(l, "%sthe running kernel does not take this image (%s)",
	    l->r->err == EINVAL ? "probably " : "",
	    l->r->kernel_format ? l->r->kernel_format : "format unknown");
	if (!l->r->file_load)
		return;
	if (strcmp(arch, "x86_64") == 0)
		say(l, ": its loader wants a 64-bit bzImage of boot protocol 2.12 or later");
	else if (strcmp(arch, "arm64") == 0)
		say(l, ": its loader wants an uncompressed Image, of a page size and byte order "
		       "that this CPU has");
}

static void tell_einval(struct line *l)
{
	const char *keys = explain_crypt_key_shape(l->r, l->h);
	const struct refusal *r = l->r;

	if (flag_unknown(l) || cmdline_too_long(l) || no_reservation(l) || over_half_of_ram(l))
		return;
	if (!keys && r->file_load && r->arch && strcmp(r->arch, "x86_64") != 0) {
		tell_format(l);
		return;
	}
	say_cause(l, r->file_load && (r->flags & ~(unsigned long)OLD_FLAGS) && !l->h->release[0],
		  "an option that the running kernel does not know");
	say_cause(l, r->file_load && !r->cmdline_max, "a command line that is too long");
	say_cause(l, l->h->mem_total < 0, "kernel and initrd need more than half of the memory");
	say_cause(l, r->crash && l->h->crash_size < 0, "no memory is reserved for a crash kernel");
	say_cause(l, keys, keys);
	say_cause(l, r->whole, "the parser program names something empty, or no kernel");
	if (l->nr_causes)
		say(l, "; " DMESG);
	else
		say_dmesg(l);
}

static void tell_crash_space(struct line *l)
{
	const struct refusal *r = l->r;
	int64_t reserved = l->h->crash_size;

	if (reserved <= 0)
		say(l,
		    "probably no memory is reserved for a crash kernel, or less than the %s that "
		    "this one needs; see crashkernel= in /proc/cmdline",
		    needs(image_needs(r)));
	else if (image_needs(r) > (uint64_t)reserved)
		say(l,
		    "the crash kernel needs at least %s (kernel %s, initrd %s) and crashkernel= "
		    "reserved %s; boot with a larger crashkernel=, or use a smaller initrd",
		    needs(image_needs(r)), needs(kernel_needs(r)), needs(r->initrd_size),
		    has(reserved));
	else
		say(l,
		    "probably kernel (%s) and initrd (%s) do not fit in one piece each into the "
		    "%s that crashkernel= reserved; boot with a larger crashkernel=",
		    needs(kernel_needs(r)), needs(r->initrd_size), has(reserved));
}

static void tell_eaddrnotavail(struct line *l)
{
	if (no_reservation(l))
		return;
	if (l->r->crash) {
		tell_crash_space(l);
		return;
	}
	say(l, "%s for kernel (%s) or initrd (%s) in one piece", l->text, needs(kernel_needs(l->r)),
	    needs(l->r->initrd_size));
	if (l->r->file_load && l->h->kho == 1) /* the end of the line */
		kho_explain(l->buf + l->len, l->size - l->len, l->r->kho, image_needs(l->r),
			    l->r->arch && strcmp(l->r->arch, "arm64") == 0);
}

/* ---- the rest ---- */

static void tell_enomem(struct line *l)
{
	if (no_reservation(l))
		return;
	say(l, "%s: kernel %s, initrd %s", l->text, needs(kernel_needs(l->r)),
	    needs(l->r->initrd_size));
	if (l->h->mem_available >= 0)
		say(l, ", available %s", has(l->h->mem_available));
	say(l, "; stop something, or use a smaller initrd");
}

static void tell_efbig(struct line *l)
{
	say(l, "%s (kernel file %s, initrd %s)", l->text, needs(l->r->kernel_size),
	    needs(l->r->initrd_size));
}

static void tell_enosys(struct line *l)
{
	const char *option = l->r->file_load ? "CONFIG_KEXEC_FILE" : "CONFIG_KEXEC";

	if (l->h->kexec_core == 0 || l->r->exec) {
		say(l, "%s (%s); boot one that has it", l->text, option);
		return;
	}
	if (l->h->seccomp == 1)
		say(l, "either a seccomp filter hides the system call, or ");
	else if (l->h->kexec_core < 0)
		say(l, "probably ");
	say(l, "the running kernel was built without %s; %s", option,
	    l->r->file_load ? "boot one that has it" : "kexec -s does without it");
}

/* What each errno can mean here. An errno that has no row: see dmesg. */
static const struct meaning {
	int err;
	const char *name;
	void (*tell)(struct line *l);
	bool load_only; /* means nothing for an unload or a reboot */
	const char *text;
} meanings[] = {
	{ EPERM, "EPERM", tell_eperm, false, "a security module (LoadPin, SELinux; see dmesg)" },
	{ EACCES, "EACCES", tell_eacces, false,
	  "a security module such as SELinux; see the audit log and dmesg" },
	{ EKEYREJECTED, "EKEYREJECTED", tell_signature, true,
	  "this one's was rejected, one of: it is not signed, it was changed after signing, its "
	  "key is revoked (dbx, MOKX), this kernel can check no signature of its format" },
	{ ENOKEY, "ENOKEY", tell_signature, true,
	  "it does not know the key of this one's signature" },
	{ ENODATA, "ENODATA", tell_signature, true, "this one is not signed" },
	{ ELIBBAD, "ELIBBAD", tell_signature, true,
	  "this one's PE headers or certificate table are malformed" },
	{ ENOPKG, "ENOPKG", tell_signature, true,
	  "this one's signature uses a hash or cipher that the running kernel lacks" },
	{ EBADMSG, "EBADMSG", tell_signature, true, "this one's signature is malformed" },
	{ EMSGSIZE, "EMSGSIZE", tell_signature, true,
	  "this one's signature has a length that the running kernel cannot read" },
	{ KERNEL_ENOTSUPP, "ENOTSUPP", tell_signature, true,
	  "this one's signature is of a kind that the running kernel does not know (not PKCS#7 in "
	  "a certificate of revision 2.0)" },
	{ EBUSY, "EBUSY", say_text, false,
	  "another kexec is at work at this moment, or a CPU could not be stopped; try again" },
	{ EINVAL, "EINVAL", tell_einval, true, NULL },
	{ ENOEXEC, "ENOEXEC", tell_format, true, NULL },
	{ EADDRNOTAVAIL, "EADDRNOTAVAIL", tell_eaddrnotavail, true,
	  "no free memory range is large enough" },
	{ ENOMEM, "ENOMEM", tell_enomem, true, "the running kernel has too little free memory" },
	{ EFBIG, "EFBIG", tell_efbig, true, "the running kernel takes no file over 4 GiB" },
	{ ETXTBSY, "ETXTBSY", say_text, true,
	  "kernel or initrd is open for writing; close it (fuser -v FILE shows by whom)" },
	{ EBADF, "EBADF", say_text, true,
	  "a file that was passed is not open for reading; this is a bug, please report it" },
	{ EIO, "EIO", say_text, true, "reading kernel or initrd failed; see dmesg for the disk" },
	{ ENOSYS, "ENOSYS", tell_enosys, false, "the running kernel was built without kexec" },
	{ EOPNOTSUPP, "EOPNOTSUPP", say_text, false,
	  "the running kernel or this hardware does not support kexec; see dmesg" },
};

void explain(char *buf, size_t size, const struct refusal *r, const struct host *h)
{
	struct line l = { .r = r, .h = h, .buf = buf, .size = size };
	const struct meaning *m = NULL;
	const char *own, *name;

	if (size == 0)
		return;
	own = explain_crypt_keys(r, h, &name);
	if (!own)
		own = r->whole ? explain_whole(r, &name) : explain_segments(r, h, &name);
	if (own) {
		say(&l, "%s (%s): %s", strerror(r->err), name, own);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(meanings) && !m; i++)
		if (meanings[i].err == r->err)
			m = &meanings[i];

	/* Scripts look for what strerror() says, so it comes first. */
	if (m)
		say(&l, "%s (%s): ", strerror(r->err), m->name);
	else
		say(&l, "%s (errno %d): ", strerror(r->err), r->err);

	if (r->exec && r->err == EINVAL) {
		say(&l, "one of: nothing is loaded (see kexec -S -l), this process runs in a "
			"container, the kernel was built without kexec");
	} else if (!m || (m->load_only && (r->unload || r->exec))) {
		say_dmesg(&l);
	} else {
		l.text = m->text;
		m->tell(&l);
	}
}

bool explain_is_fallback(int err)
{
	/* What a kernel says that lacks the call, or whose loader does not know the image. */
	return err == ENOSYS || err == EINVAL || err == ENOEXEC || err == EOPNOTSUPP;
}
