// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said about each errno, given what is known of the machine. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/explain.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/why.h"

/* A machine where nothing stands in the way, and everything is known. */
#define GOOD                                                                                   \
	.release = "6.12.48", .lockdown = LOCKDOWN_NONE, .secure_boot = 0, .cap_sys_boot = 1,  \
	.seccomp = 0, .user_namespace = 0, .kexec_core = 1, .load_disabled = 0,                \
	.limit_reboot = HOST_LIMIT_NONE, .limit_panic = HOST_LIMIT_NONE, .mem_total = 2 * GiB, \
	.mem_available = 1 * GiB, .crash_size = 256 * MiB, .ima_appraises = 0, .sig_force = 0, \
	.kho = 0

/* A bzImage of 12 MiB that wants 40 MiB, and an initrd of 30 MiB. */
#define LOAD(errno_)                                                                \
	.err = errno_, .arch = "x86_64", .kernel_format = "bzImage", .as_is = true, \
	.kernel_size = 12 * MiB, .memory_size = 40 * MiB, .initrd_size = 30 * MiB,  \
	.cmdline_len = 100, .cmdline_max = 2016
#define FILE_LOAD(errno_)  LOAD(errno_), .file_load = true
#define CRASH_LOAD(errno_) FILE_LOAD(errno_), .crash = true, .flags = KEXEC_FILE_ON_CRASH

#define SAYS(...) .says = { __VA_ARGS__ }
#define NOT(...)  .says_not = { __VA_ARGS__ }

#define ONLY_DMESG "): no cause is visible from here; the end of the kernel log (dmesg) may"
/* One errno of the signature check, for the user's own file and for one we unpacked. */
#define SIG(errno_, phrase) SIG_AS_IS(errno_, phrase), SIG_UNPACKED(errno_, phrase)
#define SIG_AS_IS(errno_, phrase)                                                    \
	{                                                                            \
		{ FILE_LOAD(errno_) }, { GOOD },                                     \
			SAYS(phrase, "demands a signed kernel", "mokutil --import"), \
			NOT("unpacked")                                              \
	}
#define SIG_UNPACKED(errno_, phrase)                                 \
	{                                                            \
		{ FILE_LOAD(errno_), .as_is = false }, { GOOD },     \
			SAYS(phrase, "unpacked from another file",   \
			     "kernel inside must be signed itself"), \
			NOT("mokutil")                               \
	}

/* The later initialiser of a field wins: that is how a row differs from the macros. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
	struct refusal refusal;
	struct host host;
	const char *says[5];	 /* every one of these */
	const char *says_not[3]; /* none of these */
} cases[] = {
	/* EPERM, in the order in which the kernel asks */
	{ { FILE_LOAD(EPERM) },
	  { GOOD, .cap_sys_boot = 0, .load_disabled = 1 },
	  SAYS("Operation not permitted (EPERM): ", "lacks CAP_SYS_BOOT", "as root"),
	  NOT("kexec_load_disabled") },
	{ { FILE_LOAD(EPERM) }, { GOOD, .user_namespace = 1 }, SAYS("root of a user namespace") },
	{ { FILE_LOAD(EPERM) },
	  { GOOD, .load_disabled = 1, .limit_reboot = 0 },
	  SAYS("kernel.kexec_load_disabled is 1", "until the next reboot"),
	  NOT("limit") },
	{ { FILE_LOAD(EPERM) },
	  { GOOD, .limit_reboot = 0, .lockdown = LOCKDOWN_INTEGRITY },
	  SAYS("kernel.kexec_load_limit_reboot is 0", "uses one up"),
	  NOT("lockdown", "panic") },
	{ { CRASH_LOAD(EPERM) },
	  { GOOD, .limit_panic = 0 },
	  SAYS("kernel.kexec_load_limit_panic is 0"),
	  NOT("limit_reboot") },
	{ { CRASH_LOAD(EPERM) },
	  { GOOD, .limit_reboot = 0 },
	  SAYS("security module"),
	  NOT("limit") },
	{ { FILE_LOAD(EPERM) },
	  { GOOD, .lockdown = LOCKDOWN_INTEGRITY },
	  SAYS("kernel lockdown is in integrity mode",
	       "signature of this kernel could not be verified", "key that this machine trusts"),
	  NOT("kexec -s", "unpacked") },
	{ { FILE_LOAD(EPERM), .as_is = false },
	  { GOOD, .lockdown = LOCKDOWN_CONFIDENTIALITY },
	  SAYS("confidentiality mode", "unpacked from another file",
	       "the kernel inside must be signed itself", "takes the whole signed file") },
	{ { LOAD(EPERM) },
	  { GOOD, .lockdown = LOCKDOWN_INTEGRITY },
	  SAYS("integrity mode", "forbids kexec_load(2)", "kexec -s with a signed kernel") },
	{ { .err = EPERM, .unload = true },
	  { GOOD, .lockdown = LOCKDOWN_INTEGRITY },
	  SAYS("forbids kexec_load(2)", "use kexec -s -u"),
	  NOT("-p", "signed") },
	{ { .err = EPERM, .unload = true, .crash = true },
	  { GOOD, .lockdown = LOCKDOWN_INTEGRITY },
	  SAYS("use kexec -s -p -u") },
	{ { .err = EPERM, .unload = true, .file_load = true },
	  { GOOD, .lockdown = LOCKDOWN_INTEGRITY },
	  SAYS("security module"),
	  NOT("lockdown") },
	{ { FILE_LOAD(EPERM) },
	  { GOOD },
	  SAYS("possible causes: a security module"),
	  NOT("CAP_SYS_BOOT", "lockdown", "seccomp") },
	{ { FILE_LOAD(EPERM) },
	  { GOOD, .seccomp = 1, .lockdown = LOCKDOWN_UNKNOWN },
	  SAYS("possible causes: kernel lockdown; the seccomp filter"),
	  NOT("Secure Boot") },
	{ { FILE_LOAD(EPERM) },
	  { GOOD, .secure_boot = 1, .lockdown = LOCKDOWN_UNKNOWN },
	  SAYS("possible causes: kernel lockdown; a security module") },
	{ { FILE_LOAD(EPERM) },
	  { .lockdown = LOCKDOWN_UNKNOWN,
	    .cap_sys_boot = -1,
	    .user_namespace = -1,
	    .load_disabled = -1,
	    .limit_reboot = HOST_LIMIT_UNKNOWN,
	    .limit_panic = HOST_LIMIT_UNKNOWN },
	  SAYS("CAP_SYS_BOOT", "user namespace", "kexec_load_disabled is 1",
	       "kexec_load_limit_reboot is used up", "kernel lockdown") },
	{ { .err = EPERM, .exec = true },
	  { GOOD, .load_disabled = 1, .limit_reboot = 0, .lockdown = LOCKDOWN_INTEGRITY },
	  SAYS("security module"),
	  NOT("kexec_load", "lockdown") },
	{ { .err = EPERM, .exec = true },
	  { GOOD, .load_disabled = -1, .limit_reboot = HOST_LIMIT_UNKNOWN,
	    .limit_panic = HOST_LIMIT_UNKNOWN, .lockdown = LOCKDOWN_UNKNOWN },
	  SAYS("possible causes: a security module") },
	{ { .err = EPERM, .exec = true }, { GOOD, .cap_sys_boot = 0 }, SAYS("CAP_SYS_BOOT") },

	/* EACCES */
	{ { LOAD(EACCES) },
	  { GOOD, .secure_boot = 1 },
	  SAYS("Permission denied (EACCES): ", "Secure Boot is on",
	       "kexec -s with a signed kernel") },
	{ { .err = EACCES, .unload = true },
	  { GOOD, .secure_boot = 1 },
	  SAYS("Secure Boot is on", "use kexec -s -u"),
	  NOT("signed kernel") },
	{ { LOAD(EACCES) },
	  { GOOD, .ima_appraises = 1 },
	  SAYS("(EACCES): the IMA policy, to which kexec_load(2) shows no file", "use kexec -s"),
	  NOT("probably") },
	{ { LOAD(EACCES) },
	  { GOOD },
	  SAYS("probably the IMA policy", "kexec -s"),
	  NOT("Secure Boot") },
	{ { FILE_LOAD(EACCES) },
	  { GOOD, .ima_appraises = 1 },
	  SAYS("(EACCES): the IMA policy demands", "security.ima", "evmctl ima_sign"),
	  NOT("probably", "Secure Boot", "unpacked") },
	{ { FILE_LOAD(EACCES), .as_is = false },
	  { GOOD, .ima_appraises = -1, .secure_boot = 1 },
	  SAYS("probably the IMA policy that comes with Secure Boot", "unpacked from another file"),
	  NOT("evmctl") },
	{ { FILE_LOAD(EACCES) },
	  { GOOD, .ima_appraises = -1 },
	  SAYS("probably the IMA policy", "SELinux", "audit log"),
	  NOT("Secure Boot") },
	{ { .err = EACCES, .unload = true, .file_load = true },
	  { GOOD, .secure_boot = 1 },
	  SAYS("SELinux"),
	  NOT("Secure Boot") },

	/* signatures */
	SIG(EKEYREJECTED, "Key was rejected by service (EKEYREJECTED): "),
	SIG(EKEYREJECTED, "changed after signing, its key is revoked"),
	SIG(ENOKEY, "Required key not available (ENOKEY): "),
	SIG(ENOKEY, "it does not know the key of this one's signature"),
	SIG(ENODATA, "No data available (ENODATA): "),
	SIG(ENODATA, "this one is not signed"),
	SIG(ELIBBAD, "(ELIBBAD): "),
	SIG(ELIBBAD, "PE headers or certificate table are malformed"),
	SIG(ENOPKG, "Package not installed (ENOPKG): "),
	SIG(ENOPKG, "a hash or cipher that the running kernel lacks"),
	SIG(EBADMSG, "Bad message (EBADMSG): "),
	SIG(EBADMSG, "signature is malformed"),
	SIG(EMSGSIZE, "Message too long (EMSGSIZE): "),
	SIG(EMSGSIZE, "a length that the running kernel cannot read"),
	SIG(524, "Unknown error 524 (ENOTSUPP): "),
	SIG(524, "of a kind that the running kernel does not know"),
	{ { LOAD(EBADMSG) }, { GOOD }, SAYS("(EBADMSG): no cause is visible"), NOT("sign") },
	{ { .err = ENODATA, .file_load = true, .unload = true },
	  { GOOD },
	  SAYS("no cause"),
	  NOT("sign") },

	/* keys of encrypted disks */
	{ { CRASH_LOAD(ENOKEY) },
	  { GOOD, .crypt_keys = 1 },
	  SAYS("(ENOKEY): ", "this one's signature, or a dm-crypt key", "run kexec in the session"),
	  NOT("mokutil") },
	{ { CRASH_LOAD(EKEYEXPIRED) }, { GOOD, .crypt_keys = 2 }, SAYS("): a dm-crypt key") },
	{ { CRASH_LOAD(EKEYREVOKED) }, { GOOD, .crypt_keys = 2 }, SAYS("was revoked") },
	{ { FILE_LOAD(ENOKEY), .crash = true }, { GOOD }, SAYS("signature"), NOT("dm-crypt") },
	{ { CRASH_LOAD(EINVAL) },
	  { GOOD, .crypt_keys = 1 },
	  SAYS("possible causes: a folder in ", "description", "256 bytes; the end") },
	{ { CRASH_LOAD(EINVAL), .arch = "arm64" }, { GOOD, .crypt_keys = 1 }, SAYS("256 bytes") },
	{ { CRASH_LOAD(EINVAL) }, { GOOD }, SAYS(ONLY_DMESG), NOT("crypt") },
	{ { FILE_LOAD(ENOKEY) }, { GOOD, .crypt_keys = 1 }, SAYS("signature"), NOT("dm-crypt") },

	/* what was asked for: EINVAL */
	{ { FILE_LOAD(EINVAL), .flags = KEXEC_FILE_NO_CMA, .cmdline_len = 5000 },
	  { GOOD },
	  SAYS("Invalid argument (EINVAL): ", "(6.12.48) probably does not know --no-cma", "6.17",
	       "leave it away"),
	  NOT("command line") },
	{ { FILE_LOAD(EINVAL), .flags = KEXEC_FILE_FORCE_DTB },
	  { GOOD, .release = "6.17.1" },
	  SAYS("--force-dtb", "6.18") },
	{ { FILE_LOAD(EINVAL), .flags = KEXEC_FILE_NO_CMA },
	  { GOOD, .release = "6.17.1" },
	  SAYS(ONLY_DMESG),
	  NOT("--no-cma") },
	{ { FILE_LOAD(EINVAL), .flags = KEXEC_FILE_DEBUG },
	  { GOOD, .release = "6.1.0-40-amd64" },
	  SAYS("does not know -d", "6.8") },
	{ { FILE_LOAD(EINVAL), .flags = KEXEC_FILE_DEBUG },
	  { GOOD, .release = "" },
	  SAYS("possible causes: an option that the running kernel does not know; the end of") },
	{ { FILE_LOAD(EINVAL), .flags = KEXEC_FILE_NO_INITRAMFS },
	  { GOOD, .release = "" },
	  SAYS(ONLY_DMESG) },
	{ { FILE_LOAD(EINVAL), .cmdline_len = 2017 },
	  { GOOD },
	  SAYS("has 2017 characters", "takes 2016 at most", "shorten it by 1") },
	{ { FILE_LOAD(EINVAL), .cmdline_len = 2016 },
	  { GOOD },
	  SAYS(ONLY_DMESG),
	  NOT("characters") },
	{ { FILE_LOAD(EINVAL), .cmdline_len = 9999, .cmdline_max = 0 },
	  { GOOD },
	  SAYS("possible causes: a command line that is too long; the end of"),
	  NOT("characters") },
	{ { LOAD(EINVAL), .cmdline_len = 2017 }, { GOOD }, SAYS(ONLY_DMESG), NOT("characters") },
	{ { CRASH_LOAD(EINVAL) },
	  { GOOD, .crash_size = 0 },
	  SAYS("no memory is reserved for a crash kernel", "crashkernel=256M") },
	{ { FILE_LOAD(EINVAL) }, { GOOD, .crash_size = 0 }, SAYS(ONLY_DMESG), NOT("crashkernel") },
	{ { FILE_LOAD(EINVAL), .initrd_size = 1000 * MiB },
	  { GOOD },
	  SAYS("kernel (40 MiB) and initrd (1000 MiB)", "more than half", "(2048 MiB)",
	       "smaller initrd") },
	{ { FILE_LOAD(EINVAL), .initrd_size = 984 * MiB + 1 },
	  { GOOD },
	  SAYS("more than half", "(984.1 MiB)") },
	{ { FILE_LOAD(EINVAL), .initrd_size = 1000 * MiB - 1 }, { GOOD }, SAYS("(1000 MiB)") },
	{ { FILE_LOAD(EINVAL) }, { GOOD, .crash_size = -1 }, SAYS(ONLY_DMESG) },
	{ { FILE_LOAD(EINVAL), .initrd_size = 984 * MiB }, { GOOD }, SAYS(ONLY_DMESG) },
	{ { FILE_LOAD(EINVAL), .initrd_size = UINT64_MAX }, { GOOD }, SAYS("more than half") },
	{ { FILE_LOAD(EINVAL), .initrd_size = 1000 * MiB },
	  { GOOD, .mem_total = -1 },
	  SAYS("possible causes: kernel and initrd need more than half of the memory;"),
	  NOT("(2048", "too long") },
	{ { CRASH_LOAD(EINVAL) },
	  { GOOD, .crash_size = -1 },
	  SAYS("possible causes: no memory is reserved for a crash kernel;") },
	{ { LOAD(EINVAL), .initrd_size = 1000 * MiB }, { GOOD }, SAYS("more than half") },
	{ { FILE_LOAD(EINVAL), .arch = "arm64", .kernel_format = "arm64 Image" },
	  { GOOD },
	  SAYS("probably the running kernel does not take this image (arm64 Image)", "page size"),
	  NOT("kexec -c") },
	{ { FILE_LOAD(EINVAL) }, { GOOD }, SAYS(ONLY_DMESG), NOT("page size", "bzImage") },
	{ { .err = EINVAL, .exec = true }, { GOOD }, SAYS("nothing is loaded", "kexec -S -l") },
	{ { .err = EINVAL, .unload = true, .file_load = true },
	  { GOOD },
	  SAYS("no cause is visible"),
	  NOT("half", "command line") },

	/* A kernel that takes images apart has meanings of its own; signatures keep theirs. */
	{ { FILE_LOAD(EEXIST), .whole = true, .as_is = true },
	  { GOOD },
	  SAYS("File exists (EEXIST): ", "enforces signatures", "leave out --initrd") },
	{ { FILE_LOAD(ELOOP), .whole = true }, { GOOD }, SAYS("images inside each other") },
	{ { FILE_LOAD(ELOOP), .whole = true, .detached = true }, { GOOD },
	  SAYS("images inside each other") },
	{ { FILE_LOAD(ENOMSG), .whole = true, .detached = true }, { GOOD },
	  SAYS("(ENOMSG)", "none of the programs in the parser") },
	{ { FILE_LOAD(ENODATA), .whole = true, .detached = true }, { GOOD },
	  SAYS("(ENODATA)", "the parser or the image has none", "kexec-image sign-parser") },
	{ { FILE_LOAD(ENOMSG), .whole = true }, { GOOD }, SAYS("(ENOMSG)", "does not know") },
	{ { FILE_LOAD(EPROTO), .whole = true }, { GOOD }, SAYS("(EPROTO)", "something else") },
	{ { FILE_LOAD(EBUSY), .whole = true }, { GOOD }, SAYS("(EBUSY)", "twice", "try again") },
	{ { FILE_LOAD(EPERM), .whole = true, .as_is = true },
	  { GOOD },
	  SAYS("CAP_BPF or CAP_PERFMON", "does not cover") },
	{ { FILE_LOAD(EINVAL), .whole = true }, { GOOD }, SAYS("program names something empty") },
	{ { FILE_LOAD(EBADMSG), .whole = true }, { GOOD }, SAYS("kexec-image check") },
	{ { FILE_LOAD(ENOEXEC), .whole = true }, { GOOD }, SAYS("program in the image"),
	  NOT("bzImage") },
	{ { FILE_LOAD(ENODATA), .whole = true, .as_is = true },
	  { GOOD },
	  SAYS("this one is not signed"),
	  NOT("unpacked") },

	/* ENOEXEC */
	{ { FILE_LOAD(ENOEXEC), .kernel_format = "vmlinux", .cmdline_len = 9999 },
	  { GOOD },
	  SAYS("Exec format error (ENOEXEC): ", "does not take this image (vmlinux)",
	       "64-bit bzImage of boot protocol 2.12"),
	  NOT("characters", "probably", "kexec -c") },
	{ { FILE_LOAD(ENOEXEC) },
	  { GOOD, .lockdown = LOCKDOWN_INTEGRITY },
	  SAYS("does not take this image"),
	  NOT("kexec -c") },
	{ { FILE_LOAD(ENOEXEC) },
	  { GOOD, .secure_boot = 1 },
	  SAYS("does not take"),
	  NOT("kexec -c") },
	{ { FILE_LOAD(ENOEXEC), .arch = "riscv64", .kernel_format = NULL },
	  { GOOD },
	  SAYS("does not take this image (format unknown)"),
	  NOT("its loader", "kexec -c") },
	{ { LOAD(ENOEXEC) }, { GOOD }, SAYS("does not take this image"), NOT("kexec -c") },

	/* EADDRNOTAVAIL */
	{ { CRASH_LOAD(EADDRNOTAVAIL) },
	  { GOOD, .crash_size = 0 },
	  SAYS("Cannot assign requested address (EADDRNOTAVAIL): ", "no memory is reserved",
	       "crashkernel=256M") },
	{ { CRASH_LOAD(EADDRNOTAVAIL), .initrd_size = 300 * MiB },
	  { GOOD },
	  SAYS("at least 340 MiB (kernel 40 MiB, initrd 300 MiB)", "reserved 256 MiB",
	       "larger crashkernel="),
	  NOT("probably") },
	{ { CRASH_LOAD(EADDRNOTAVAIL), .initrd_size = 216 * MiB + 1 },
	  { GOOD },
	  SAYS("at least 256.1 MiB", "reserved 256 MiB"),
	  NOT("probably") },
	{ { CRASH_LOAD(EADDRNOTAVAIL), .initrd_size = 216 * MiB },
	  { GOOD },
	  SAYS("probably kernel (40 MiB) and initrd (216 MiB)", "the 256 MiB that crashkernel=") },
	{ { CRASH_LOAD(EADDRNOTAVAIL) },
	  { GOOD, .crash_size = -1 },
	  SAYS("probably no memory is reserved", "70 MiB") },
	{ { FILE_LOAD(EADDRNOTAVAIL) }, { GOOD }, SAYS("no free memory range"), NOT("HandOver") },
	{ { FILE_LOAD(EADDRNOTAVAIL) },
	  { GOOD, .kho = 1 },
	  SAYS("Kexec HandOver is active", "scratch", "kho_scratch=") },
	{ { CRASH_LOAD(EADDRNOTAVAIL) }, { GOOD, .kho = 1 }, SAYS("crashkernel"), NOT("HandOver") },
	{ { LOAD(EFAULT) }, { GOOD }, SAYS("(EFAULT): ", "became shorter while it was loaded") },
	{ { FILE_LOAD(EFAULT) }, { GOOD }, SAYS("(errno 14): "), NOT("shorter") },
	{ { LOAD(EINVAL), .crash = true, .flags = KEXEC_LOAD_UPDATE_ELFCOREHDR },
	  { GOOD, .release = "6.5.1" },
	  SAYS("does not know --hotplug", "6.6") },
	{ { LOAD(EINVAL), .crash = true, .flags = KEXEC_LOAD_UPDATE_ELFCOREHDR },
	  { GOOD },
	  SAYS("(EINVAL): "),
	  NOT("--hotplug") },
	{ { LOAD(EADDRNOTAVAIL) },
	  { GOOD, .kho = 1 },
	  SAYS("no free memory range"),
	  NOT("HandOver") },
	{ { FILE_LOAD(EADDRNOTAVAIL), .memory_size = 0, .initrd_size = 1 },
	  { GOOD },
	  SAYS("no free memory range is large enough for kernel (12 MiB) or initrd (0.1 KiB)"),
	  NOT("crashkernel") },

	/* the rest */
	{ { FILE_LOAD(EBUSY) }, { GOOD }, SAYS("Device or resource busy (EBUSY): ", "try again") },
	{ { .err = EBUSY, .unload = true }, { GOOD }, SAYS("another kexec is at work") },
	{ { FILE_LOAD(ENOMEM) },
	  { GOOD },
	  SAYS("Cannot allocate memory (ENOMEM): ", "kernel 40 MiB, initrd 30 MiB",
	       "available 1024 MiB") },
	{ { FILE_LOAD(ENOMEM) },
	  { GOOD, .mem_available = -1 },
	  SAYS("too little"),
	  NOT("available") },
	{ { CRASH_LOAD(ENOMEM) }, { GOOD, .crash_size = 0 }, SAYS("no memory is reserved") },
	{ { .err = ENOMEM, .unload = true }, { GOOD }, SAYS("no cause"), NOT("initrd") },
	{ { FILE_LOAD(EFBIG), .initrd_size = 5 * GiB },
	  { GOOD },
	  SAYS("File too large (EFBIG): ",
	       "no file over 4 GiB (kernel file 12 MiB, initrd 5120 MiB)") },
	{ { FILE_LOAD(ETXTBSY) }, { GOOD }, SAYS("Text file busy (ETXTBSY): ", "fuser -v") },
	{ { FILE_LOAD(EBADF) }, { GOOD }, SAYS("Bad file descriptor (EBADF): ", "please report") },
	{ { .err = ETXTBSY, .unload = true }, { GOOD }, SAYS("no cause is visible") },
	{ { FILE_LOAD(EIO) }, { GOOD }, SAYS("Input/output error (EIO): ", "dmesg") },
	{ { FILE_LOAD(EOPNOTSUPP) }, { GOOD }, SAYS("Operation not supported (EOPNOTSUPP): ") },
	{ { FILE_LOAD(ENOSYS) },
	  { GOOD },
	  SAYS("Function not implemented (ENOSYS): the running kernel was built without "
	       "CONFIG_KEXEC_FILE; boot one"),
	  NOT("probably", "seccomp", "kexec -c") },
	{ { FILE_LOAD(ENOSYS) }, { GOOD, .kexec_core = -1 }, SAYS("probably the running kernel") },
	{ { FILE_LOAD(ENOSYS) }, { GOOD, .seccomp = 1 }, SAYS("either a seccomp filter") },
	{ { FILE_LOAD(ENOSYS) },
	  { GOOD, .kexec_core = 0 },
	  SAYS("built without kexec (CONFIG_KEXEC_FILE)"),
	  NOT("kexec -c") },
	{ { LOAD(ENOSYS) },
	  { GOOD },
	  SAYS("built without CONFIG_KEXEC;", "kexec -s"),
	  NOT("_FILE") },
	{ { .err = ENOSYS, .exec = true }, { GOOD }, SAYS("built without kexec") },
	{ { FILE_LOAD(ENOTTY) },
	  { GOOD },
	  SAYS("Inappropriate ioctl for device (errno 25): no cause is visible", "dmesg") },
	{ { FILE_LOAD(0) }, { GOOD }, SAYS("no cause is visible") },
};
#pragma GCC diagnostic pop

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[2048];

		explain(text, sizeof(text), &cases[i].refusal, &cases[i].host);
		if (getenv("VERBOSE"))
			print_message("%s\n", text);
		for (size_t k = 0; k < ARRAY_SIZE(cases[i].says) && cases[i].says[k]; k++)
			if (!strstr(text, cases[i].says[k]))
				fail_msg("case %zu lacks \"%s\": %s", i, cases[i].says[k], text);
		for (size_t k = 0; k < ARRAY_SIZE(cases[i].says_not) && cases[i].says_not[k]; k++)
			if (strstr(text, cases[i].says_not[k]))
				fail_msg("case %zu says \"%s\": %s", i, cases[i].says_not[k], text);
	}
}

/* One line each, and short enough for struct why with room for a prefix. */
static void test_one_short_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[2048];
		size_t len;

		explain(text, sizeof(text), &cases[i].refusal, &cases[i].host);
		len = strlen(text);
		if (len + sizeof("kexec_file_load(unload) failed: ") > WHY_SIZE)
			fail_msg("case %zu has %zu characters: %s", i, len, text);
		for (const char *c = text; *c; c++)
			assert_in_range(*c, 0x20, 0x7e);
		assert_int_not_equal(text[len - 1], ' ');
		assert_int_not_equal(text[len - 1], '.');
	}
}

static void test_cuts(void **state)
{
	struct refusal r = { FILE_LOAD(EPERM) };
	struct host h = { GOOD };
	char full[1024];

	(void)state;
	explain(full, sizeof(full), &r, &h);
	for (size_t size = 0; size <= strlen(full) + 1; size++) {
		char *small = malloc(size + 1); /* so that ASan sees a write behind it */

		assert_non_null(small);
		small[size] = 'X';
		explain(small, size, &r, &h);
		assert_int_equal(small[size], 'X');
		if (size) {
			assert_int_equal(strlen(small), size - 1);
			assert_memory_equal(small, full, size - 1);
		}
		free(small);
	}
}

static void test_fallback(void **state)
{
	static const int yes[] = { ENOSYS, EINVAL, ENOEXEC, EOPNOTSUPP };

	(void)state;
	for (int err = 0; err < 600; err++) {
		bool expected = false;

		for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
			expected |= err == yes[i];
		if (explain_is_fallback(err) != expected)
			fail_msg("errno %d", err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_one_short_line),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_fallback),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
