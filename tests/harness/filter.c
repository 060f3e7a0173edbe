// SPDX-License-Identifier: GPL-2.0-or-later
/* Which system calls stop, as a classic BPF program. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/harness/harness.h"

#ifdef __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif

static const int stopped[] = {
	SYS_kexec_load, SYS_kexec_file_load,
	SYS_reboot,	SYS_sync,
	SYS_execve,	SYS_uname,
	SYS_getuid,	SYS_geteuid,
	SYS_openat,	SYS_openat2,
	SYS_newfstatat, SYS_statx,
	SYS_faccessat,	SYS_faccessat2,
	SYS_readlinkat,
#ifdef __x86_64__
	SYS_open,	SYS_stat,
	SYS_lstat,	SYS_access,
	SYS_readlink,
#endif
};

#define FIELD(name)	     offsetof(struct seccomp_data, name)
#define LOAD(name)	     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(name))
#define IF_EQUAL(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, yes, no)
#define RETURN(what)	     BPF_STMT(BPF_RET | BPF_K, what)

int filter_install(void)
{
	struct sock_filter code[2 * ARRAY_SIZE(stopped) + 16];
	struct sock_fprog program = { .filter = code };
	unsigned int n = 0;
	int fd;

	/* A program of another ABI would get past the numbers below. */
	code[n++] = (struct sock_filter)LOAD(arch);
	code[n++] = (struct sock_filter)IF_EQUAL(NATIVE, 1, 0);
	code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)LOAD(nr);
	for (size_t i = 0; i < ARRAY_SIZE(stopped); i++) {
		code[n++] = (struct sock_filter)IF_EQUAL(stopped[i], 0, 1);
		code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_USER_NOTIF);
	}
	/* kexec takes network interfaces down before it starts a kernel. */
	code[n++] = (struct sock_filter)IF_EQUAL(SYS_ioctl, 0, 2);
	code[n++] = (struct sock_filter)LOAD(args[1]);
	code[n++] = (struct sock_filter)IF_EQUAL(SIOCSIFFLAGS, 1, 0);
	code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_USER_NOTIF);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &program);
	return fd < 0 ? -errno : fd;
}
