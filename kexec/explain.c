// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kexec/explain.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

/* The kernel's own errno for a signature of a kind that it cannot check; libc has no name. */
#define KERNEL_ENOTSUPP 524

struct line {
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

/* ---- amounts ---- */

struct amount {
	char text[32];
};

/*
 * "37.4 MiB". What is needed is rounded up and what is there is rounded down,
 * so that one byte too many does not read "256 MiB do not fit into 256 MiB".
 */
static struct amount amount(uint64_t bytes, bool round_up)
{
	uint64_t unit = bytes < MiB ? KiB : MiB;
	uint64_t whole = bytes / unit;
	uint64_t tenths = (bytes % unit * 10 + (round_up ? unit - 1 : 0)) / unit;
	struct amount ret;

	if (tenths == 10) {
		whole++;
		tenths = 0;
	}
	if (tenths)
		snprintf(ret.text, sizeof(ret.text), "%" PRIu64 ".%" PRIu64 " %s", whole, tenths,
			 unit == MiB ? "MiB" : "KiB");
	else
		snprintf(ret.text, sizeof(ret.text), "%" PRIu64 " %s", whole,
			 unit == MiB ? "MiB" : "KiB");
	return ret;
}

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

static bool caller_may_not(struct line *l, const struct host *h)
{
	if (h->cap_sys_boot == 0)
		say(l, "this process lacks CAP_SYS_BOOT; run kexec as root (sudo), outside of any "
		       "container");
	else if (h->user_namespace == 1)
		say(l, "root of a user namespace (a container) may not do this; run kexec as root "
		       "of the machine itself");
	else
		return false;
	return true;
}

static bool sysctl_forbids(struct line *l, const struct refusal *r, const struct host *h)
{
	const char *kind = r->crash ? "panic" : "reboot";

	if (h->load_disabled == 1)
		say(l, "the sysctl kernel.kexec_load_disabled is 1, which forbids every load and "
		       "unload and stays so until the next reboot; look for who sets it "
		       "(/etc/sysctl.d), reboot, and load before it is set");
	else if ((r->crash ? h->limit_panic : h->limit_reboot) == 0)
		say(l, "the sysctl kernel.kexec_load_limit_%s is 0: no call is left, because every "
		       "load, unload and failed attempt uses one up; it cannot be raised before "
		       "the next reboot", kind);
	else
		return false;
	return true;
}

/* A signature around what we unpacked is not one that the kernel sees. */
static void say_what_to_sign(struct line *l, const struct refusal *r)
{
	if (r->as_is)
		say(l, "; use a kernel signed with a key that this machine trusts (in the firmware's "
		       "db, or enrolled with mokutil --import)");
	else
		say(l, "; the kernel was unpacked from another file, whose signature does not count: "
		       "the kernel inside must be signed itself, or the running kernel must be one "
		       "that takes the whole signed file");
}

/* The same by kexec_file_load(2), which every kernel with lockdown allows somehow. */
static const char *by_file(const struct refusal *r)
{
	if (!r->unload)
		return "kexec -s with a signed kernel";
	return r->crash ? "kexec -s -p -u" : "kexec -s -u";
}

static bool lockdown_forbids(struct line *l, const struct refusal *r, const struct host *h)
{
	if (!locked_down(h) || (r->file_load && r->unload))
		return false;
	say(l, "kernel lockdown is in %s mode", h->lockdown == LOCKDOWN_INTEGRITY ?
	    "integrity" : "confidentiality");
	if (r->file_load) {
		say(l, " and the signature of this kernel could not be verified");
		say_what_to_sign(l, r);
	} else {
		say(l, ", which forbids kexec_load(2); use %s", by_file(r));
	}
	return true;
}

static void say_cause(struct line *l, bool possible, const char *cause, int *count)
{
	if (possible)
		say(l, "%s%s", (*count)++ ? "; " : "possible causes: ", cause);
}

static void tell_eperm(struct line *l, const struct refusal *r, const struct host *h,
		       const char *text)
{
	int64_t limit = r->crash ? h->limit_panic : h->limit_reboot;
	int n = 0;

	if (caller_may_not(l, h))
		return;
	if (!r->exec && (sysctl_forbids(l, r, h) || lockdown_forbids(l, r, h)))
		return;
	say_cause(l, h->cap_sys_boot < 0, "this process lacks CAP_SYS_BOOT (run kexec as root)", &n);
	say_cause(l, h->user_namespace < 0 && h->cap_sys_boot != 0,
		   "it runs in a container's user namespace", &n);
	say_cause(l, !r->exec && h->load_disabled < 0, "kernel.kexec_load_disabled is 1", &n);
	say_cause(l, !r->exec && limit == HOST_LIMIT_UNKNOWN,
		   r->crash ? "kernel.kexec_load_limit_panic is used up"
			    : "kernel.kexec_load_limit_reboot is used up", &n);
	say_cause(l, !r->exec && !(r->file_load && r->unload) && h->lockdown == LOCKDOWN_UNKNOWN,
		   h->secure_boot == 1 ? "kernel lockdown, which Secure Boot switches on"
				       : "kernel lockdown", &n);
	say_cause(l, h->seccomp == 1, "the seccomp filter that this process runs under", &n);
	say_cause(l, true, text, &n);
}

/* ---- EACCES ---- */

static void tell_eacces(struct line *l, const struct refusal *r, const struct host *h,
			const char *text)
{
	if (r->exec || (r->file_load && r->unload)) {
		say(l, "%s", text);
	} else if (!r->file_load && h->secure_boot == 1) {
		say(l, "Secure Boot is on, and this kernel then refuses kexec_load(2) because it can "
		       "check no signature there; use %s", by_file(r));
	} else if (!r->file_load) {
		say(l, "%sthe IMA policy wants to check kernels, and kexec_load(2) shows it no file; "
		       "use %s", h->ima_appraises == 1 ? "" : "probably ", by_file(r));
	} else if (h->ima_appraises == 1 || h->secure_boot == 1) {
		say(l, "%sthe IMA policy%s demands a signature in the file's attribute security.ima; %s",
		    h->ima_appraises == 1 ? "" : "probably ",
		    h->secure_boot == 1 ? " that comes with Secure Boot" : "",
		    r->as_is ? "sign the kernel (and the initrd, if the policy says so) with evmctl "
			       "ima_sign, or use the distribution's signed kernel"
			     : "a kernel unpacked from another file has no attributes: pass the bare "
			       "kernel file that carries it");
	} else {
		say(l, "probably the IMA policy (the file's attribute security.ima) or %s", text);
	}
}

/* ---- signatures ---- */

static void say_dmesg(struct line *l)
{
	say(l, "no cause is visible from here; the end of the kernel log (dmesg) may say more");
}

static void tell_signature(struct line *l, const struct refusal *r, const struct host *h,
			   const char *text)
{
	(void)h;
	if (!r->file_load || r->unload || r->exec) {
		say_dmesg(l);
		return;
	}
	say(l, "this machine demands a signed kernel, and %s", text);
	say_what_to_sign(l, r);
}

/* ---- EINVAL, ENOEXEC, EADDRNOTAVAIL: what was asked for ---- */

/* Flags that are as old as the system call. */
#define KNOWN_FLAGS \
	(unsigned long)(KEXEC_FILE_UNLOAD | KEXEC_FILE_ON_CRASH | KEXEC_FILE_NO_INITRAMFS)

static bool no_reservation(struct line *l, const struct refusal *r, const struct host *h)
{
	if (!r->crash || h->crash_size != 0)
		return false;
	say(l, "no memory is reserved for a crash kernel; boot with crashkernel=256M (or more) on "
	       "the kernel command line");
	return true;
}

static bool flag_unknown(struct line *l, const struct refusal *r, const struct host *h)
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

	for (size_t i = 0; r->file_load && h->release[0] && i < ARRAY_SIZE(since); i++) {
		if (!(r->flags & since[i].flag) ||
		    host_kernel_at_least(h, since[i].major, since[i].minor))
			continue;
		say(l, "the running kernel (%s) probably does not know %s, which came with Linux "
		       "%u.%u; leave it away", h->release, since[i].option, since[i].major,
		    since[i].minor);
		return true;
	}
	return false;
}

static bool cmdline_too_long(struct line *l, const struct refusal *r)
{
	if (!r->cmdline_max || r->cmdline_len <= r->cmdline_max)
		return false;
	say(l, "the command line has %" PRIu64 " characters and this kernel takes at most %" PRIu64
	       " here; shorten it by %" PRIu64, r->cmdline_len, r->cmdline_max,
	    r->cmdline_len - r->cmdline_max);
	return true;
}

static bool over_half_of_ram(struct line *l, const struct refusal *r, const struct host *h)
{
	uint64_t ram = h->mem_total < 0 ? 0 : h->mem_total;

	if (!ram || image_needs(r) <= ram / 2)
		return false;
	say(l, "kernel (%s) and initrd (%s) together need more than half of this machine's memory "
	       "(%s), which Linux refuses; use a smaller initrd, or add memory",
	    needs(kernel_needs(r)), needs(r->initrd_size), has(ram));
	return true;
}

static void tell_format(struct line *l, const struct refusal *r, const struct host *h)
{
	const char *format = r->kernel_format ? r->kernel_format : "this format";

	if (r->arch && strcmp(r->arch, "x86_64") == 0)
		say(l, "the running kernel does not take this image (%s): its loader wants a 64-bit "
		       "bzImage of boot protocol 2.12 or later", format);
	else if (r->arch && strcmp(r->arch, "arm64") == 0)
		say(l, "%sthe running kernel does not take this image (%s): its loader wants an "
		       "uncompressed Image of a page size and byte order that this CPU has",
		    r->err == EINVAL ? "probably " : "", format);
	else
		say(l, "probably the running kernel's loader does not take this image (%s)", format);
	if (!locked_down(h) && h->secure_boot != 1)
		say(l, "; kexec -c does without that loader");
}

static void say_open_causes(struct line *l, const struct refusal *r, const struct host *h,
			    const char *text)
{
	int n = 0;

	say_cause(l, r->file_load && r->flags & ~KNOWN_FLAGS && !h->release[0],
		  "an option that the running kernel does not know", &n);
	say_cause(l, r->file_load && !r->cmdline_max, "a command line that is too long", &n);
	say_cause(l, h->mem_total < 0, "kernel and initrd need more than half of the memory", &n);
	say_cause(l, r->crash && h->crash_size < 0, "no memory is reserved for a crash kernel", &n);
	say_cause(l, true, text, &n);
}

static void tell_einval(struct line *l, const struct refusal *r, const struct host *h,
			const char *text)
{
	if (r->exec)
		say(l, "one of: nothing is loaded (see kexec -S -l), this process runs in a container, "
		       "the kernel was built without kexec");
	else if (r->unload)
		say_dmesg(l);
	else if (flag_unknown(l, r, h) || (r->file_load && cmdline_too_long(l, r)) ||
		 no_reservation(l, r, h) || over_half_of_ram(l, r, h))
		return;
	else if (r->file_load && r->arch && strcmp(r->arch, "x86_64") != 0)
		tell_format(l, r, h);
	else
		say_open_causes(l, r, h, text);
}

static void tell_enoexec(struct line *l, const struct refusal *r, const struct host *h,
			 const char *text)
{
	if (r->file_load && !r->unload)
		tell_format(l, r, h);
	else
		say(l, "%s", text);
}

static void tell_crash_space(struct line *l, const struct refusal *r, const struct host *h)
{
	if (h->crash_size > 0 && image_needs(r) > (uint64_t)h->crash_size)
		say(l, "the crash kernel needs at least %s (kernel %s, initrd %s) and crashkernel= "
		       "reserved %s; boot with a larger crashkernel=, or use a smaller initrd",
		    needs(image_needs(r)), needs(kernel_needs(r)), needs(r->initrd_size),
		    has(h->crash_size));
	else if (h->crash_size > 0)
		say(l, "probably kernel (%s) and initrd (%s) do not fit in one piece each into the %s "
		       "that crashkernel= reserved; boot with a larger crashkernel=",
		    needs(kernel_needs(r)), needs(r->initrd_size), has(h->crash_size));
	else
		say(l, "probably no memory is reserved for a crash kernel, or less than the %s that "
		       "this one needs; see crashkernel= in /proc/cmdline", needs(image_needs(r)));
}

static void tell_eaddrnotavail(struct line *l, const struct refusal *r, const struct host *h,
			       const char *text)
{
	if (r->exec || r->unload)
		say_dmesg(l);
	else if (no_reservation(l, r, h))
		return;
	else if (r->crash)
		tell_crash_space(l, r, h);
	else if (r->file_load && h->kho == 1)
		say(l, "Kexec HandOver is active, so kernel (%s) and initrd (%s) must fit into its "
		       "scratch areas, and %s; boot with a larger kho_scratch=",
		    needs(kernel_needs(r)), needs(r->initrd_size), "no free place is large enough");
	else
		say(l, "%s for kernel (%s) or initrd (%s) in one piece", text,
		    needs(kernel_needs(r)), needs(r->initrd_size));
}

/* ---- the rest ---- */

static void tell_enomem(struct line *l, const struct refusal *r, const struct host *h,
			const char *text)
{
	if (r->unload || r->exec) {
		say_dmesg(l);
		return;
	}
	if (no_reservation(l, r, h))
		return;
	say(l, "%s: kernel %s, initrd %s", text, needs(kernel_needs(r)), needs(r->initrd_size));
	if (h->mem_available >= 0)
		say(l, ", available %s", has(h->mem_available));
	say(l, "; stop something, or use a smaller initrd");
}

static void tell_efbig(struct line *l, const struct refusal *r, const struct host *h,
		       const char *text)
{
	(void)h;
	say(l, "%s (kernel file %s, initrd %s)", text, needs(r->kernel_size), needs(r->initrd_size));
}

static void tell_enosys(struct line *l, const struct refusal *r, const struct host *h,
			const char *text)
{
	const char *option = r->file_load ? "CONFIG_KEXEC_FILE" : "CONFIG_KEXEC";

	if (r->exec)
		say(l, "%s", text);
	else if (h->kexec_core == 0)
		say(l, "the running kernel was built without kexec (%s); boot one that has it", option);
	else
		say(l, "%sthe running kernel was built without %s; %s", h->seccomp == 1 ?
		    "either a seccomp filter hides the system call, or " :
		    h->kexec_core < 0 ? "probably " : "",
		    option, r->file_load ? "kexec -c does without it, kexec -a tries both"
					 : "kexec -s does without it");
}

static void tell_text(struct line *l, const struct refusal *r, const struct host *h,
		      const char *text)
{
	(void)r;
	(void)h;
	say(l, "%s", text);
}

/* What each errno can mean here; @text is for @tell. An errno without a row: see dmesg. */
static const struct meaning {
	int err;
	const char *name;
	void (*tell)(struct line *l, const struct refusal *r, const struct host *h,
		     const char *text);
	const char *text;
} meanings[] = {
	{ EPERM, "EPERM", tell_eperm, "a security module (LoadPin, SELinux; see dmesg)" },
	{ EACCES, "EACCES", tell_eacces,
	  "a security module such as SELinux; see the audit log and dmesg" },
	{ EKEYREJECTED, "EKEYREJECTED", tell_signature,
	  "this one's was rejected: one of: it is not signed, it was changed after signing, its "
	  "key or hash is revoked (dbx, MOKX), this kernel can check no signature of its format" },
	{ ENOKEY, "ENOKEY", tell_signature, "this one is signed with a key that it does not know" },
	{ ENODATA, "ENODATA", tell_signature, "this one is not signed" },
	{ ELIBBAD, "ELIBBAD", tell_signature,
	  "this one's PE headers or certificate table are malformed, so that no signature was found" },
	{ ENOPKG, "ENOPKG", tell_signature,
	  "this one's signature uses a hash or cipher that the running kernel lacks" },
	{ EBADMSG, "EBADMSG", tell_signature, "this one's signature is malformed" },
	{ EMSGSIZE, "EMSGSIZE", tell_signature,
	  "this one's signature has a length that the running kernel cannot read" },
	{ KERNEL_ENOTSUPP, "ENOTSUPP", tell_signature,
	  "this one's signature is of a kind that the running kernel does not know (not PKCS#7 "
	  "in a certificate of revision 2.0)" },
	{ EBUSY, "EBUSY", tell_text,
	  "another kexec is at work at this moment, or a CPU could not be stopped; try again" },
	{ EINVAL, "EINVAL", tell_einval,
	  "one that only the end of the kernel log (dmesg) tells" },
	{ ENOEXEC, "ENOEXEC", tell_enoexec, "the running kernel does not take this image" },
	{ EADDRNOTAVAIL, "EADDRNOTAVAIL", tell_eaddrnotavail, "no free memory range is large enough" },
	{ ENOMEM, "ENOMEM", tell_enomem, "the running kernel has too little free memory" },
	{ EFBIG, "EFBIG", tell_efbig, "the running kernel takes no kernel or initrd over 4 GiB" },
	{ ETXTBSY, "ETXTBSY", tell_text,
	  "the kernel or the initrd file is open for writing; close it (fuser -v FILE shows by whom)" },
	{ EBADF, "EBADF", tell_text,
	  "a file that was passed is not open for reading; this should not happen, please report it" },
	{ EFAULT, "EFAULT", tell_text, "kexec passed a bad address; this is a bug, please report it" },
	{ EIO, "EIO", tell_text, "reading the kernel or the initrd failed; see dmesg for the disk" },
	{ ENOSYS, "ENOSYS", tell_enosys, "the running kernel was built without kexec" },
	{ EOPNOTSUPP, "EOPNOTSUPP", tell_text,
	  "the running kernel or this hardware does not support kexec; see dmesg" },
};

void explain(char *buf, size_t size, const struct refusal *r, const struct host *h)
{
	struct line l = { .buf = buf, .size = size };
	const struct meaning *m = NULL;

	if (size == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(meanings) && !m; i++)
		if (meanings[i].err == r->err)
			m = &meanings[i];

	/* Scripts look for what strerror() says, so it comes first. */
	if (m)
		say(&l, "%s (%s): ", strerror(r->err), m->name);
	else
		say(&l, "%s (errno %d): ", strerror(r->err), r->err);
	if (m)
		m->tell(&l, r, h, m->text);
	else
		say_dmesg(&l);
}

bool explain_is_fallback(int err)
{
	/* What a kernel says that lacks the call, or whose loader does not know the image. */
	return err == ENOSYS || err == EINVAL || err == ENOEXEC || err == EOPNOTSUPP;
}
