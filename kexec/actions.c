// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "kexec/actions.h"
#include "kexec/explain.h"
#include "kexec/host.h"

static int refused(struct why *w, const char *what, const struct refusal *r, const struct host *h)
{
	char text[WHY_SIZE];

	explain(text, sizeof(text), r, h);
	return why(w, -r->err, "%s failed: %s", what, text);
}

int action_unload(const struct sys *sys, bool crash, enum kexec_syscall how, struct why *w)
{
	struct refusal r = { .unload = true, .crash = crash };
	struct host host;
	int err = -ENOSYS;

	host_read(&host, sys);
	if (how != SYSCALL_CLASSIC) {
		r.file_load = true;
		r.flags = KEXEC_FILE_UNLOAD | (crash ? KEXEC_FILE_ON_CRASH : 0);
		err = sys->ops->kexec_file_load(-1, -1, 0, NULL, r.flags);
		r.err = -err;
		if (err < 0 && (how == SYSCALL_FILE || err != -ENOSYS))
			return refused(w, "kexec_file_load(unload)", &r, &host);
	}
	if (err == -ENOSYS) {
		/* No segments: unload. No architecture either: KEXEC_ARCH_DEFAULT fits any. */
		r.file_load = false;
		r.flags = crash ? KEXEC_LOAD_ON_CRASH : 0;
		err = sys->ops->kexec_load(0, 0, NULL, r.flags);
		r.err = -err;
		if (err < 0)
			return refused(w, "kexec unload", &r, &host);
	}
	return 0;
}

int action_exec(const struct sys *sys, bool no_sync, bool no_ifdown, struct why *w)
{
	struct refusal r = { .exec = true };
	struct host host;

	/* Where sysfs cannot tell, reboot(2) will. */
	if (host_loaded(sys, false) == 0)
		return why(w, -ENOENT, "Nothing has been loaded!");

	host_read(&host, sys);
	if (!no_sync)
		sys->ops->sync();
	if (!no_ifdown)
		sys->ops->ifdown(); /* one that stays up is no reason to stay in this kernel */
	r.err = -sys->ops->reboot_kexec();
	return refused(w, "kexec reboot", &r, &host);
}

int action_shutdown(const struct sys *sys, struct why *w)
{
	int r = sys->ops->shutdown();

	return why(w, r, "cannot run shutdown -r now: %s", strerror(-r));
}
