// SPDX-License-Identifier: GPL-2.0-or-later
/* Starting kernels, leaving, and who and where the program thinks it is. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/reboot.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/harness/harness.h"

#define NOBODY	      65534
#define MAX_ARGUMENTS 64

/* The program would not come back from this. */
static struct answer leave(const struct call *c)
{
	c->h->gone = true;
	kill(c->h->child, SIGKILL);
	return value(0);
}

static struct answer do_reboot(const struct call *c)
{
	unsigned int cmd = (unsigned int)c->args[2];
	struct machine *m = &c->h->machine;
	int r = 0;

	if (!m->privileged)
		r = -EPERM;
	else if ((unsigned int)c->args[0] != LINUX_REBOOT_MAGIC1)
		r = -EINVAL;
	else if (cmd == LINUX_REBOOT_CMD_KEXEC && !m->loaded[0])
		r = -EINVAL;
	if (cmd == LINUX_REBOOT_CMD_KEXEC)
		fputs("reboot kexec", c->h->record);
	else
		fprintf(c->h->record, "reboot cmd=%#x", cmd);
	record_result(c, r);
	return r < 0 ? value(r) : leave(c);
}

static struct answer do_ifdown(const struct call *c)
{
	struct ifreq req = { 0 };

	if (memory_read(c, c->args[2], &req, sizeof(req)) < 0)
		return value(-EFAULT);
	/* Which interfaces there are is no part of a recorded machine. */
	fprintf(c->h->record, "interface %s", req.ifr_flags & IFF_UP ? "up" : "down");
	record_result(c, 0);
	return value(0);
}

static struct answer do_exec(const struct call *c)
{
	char path[PATH_MAX], word[PATH_MAX];
	const char *name;
	uint64_t at = 0;

	if (memory_string(c, c->args[0], path, sizeof(path)) < 0)
		return let_pass();
	name = strrchr(path, '/');
	if (strcmp(name ? name + 1 : path, SHUTDOWN_NAME) != 0)
		return let_pass();
	fputs("exec ", c->h->record);
	record_text(c->h->record, path);
	for (int i = 1; i < MAX_ARGUMENTS; i++) {
		if (memory_read(c, c->args[1] + i * sizeof(at), &at, sizeof(at)) < 0 || at == 0 ||
		    memory_string(c, at, word, sizeof(word)) < 0)
			break;
		fputc(' ', c->h->record);
		record_text(c->h->record, word);
	}
	record_result(c, 0);
	return leave(c);
}

static struct answer do_uname(const struct call *c)
{
	struct utsname name;

	if (!c->h->release)
		return let_pass();
	if (uname(&name) < 0)
		return value(-errno);
	snprintf(name.release, sizeof(name.release), "%s", c->h->release);
	return value(memory_write(c, c->args[0], &name, sizeof(name)));
}

struct answer process_call(const struct call *c)
{
	switch (c->nr) {
	case SYS_reboot:
		return do_reboot(c);
	case SYS_ioctl:
		return do_ifdown(c);
	case SYS_execve:
		return do_exec(c);
	case SYS_uname:
		return do_uname(c);
	case SYS_sync:
		fputs("sync", c->h->record);
		record_result(c, 0);
		return value(0);
	default: /* getuid, geteuid */
		return c->h->root < 0 ? let_pass() : value(c->h->machine.privileged ? 0 : NOBODY);
	}
}
