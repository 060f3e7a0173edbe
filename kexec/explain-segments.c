// SPDX-License-Identifier: GPL-2.0-or-later
/* What only kexec_load(2) means by an errno; kernel/kexec.c and kexec_core.c. */
#include <errno.h>
#include <stdbool.h>

#include "kexec/explain.h"
#include "kexec/sys.h"

static bool knows_hotplug(const struct host *h)
{
	return !h->release[0] || host_kernel_at_least(h, 6, 6);
}

const char *explain_segments(const struct refusal *r, const struct host *h, const char **ret_name)
{
	if (r->file_load || r->unload || r->exec)
		return NULL;
	switch (r->err) {
	case EFAULT:
		*ret_name = "EFAULT";
		return "kernel or initrd became shorter while it was loaded; load again when "
		       "nobody writes to it";
	case EINVAL:
		*ret_name = "EINVAL";
		if (!(r->flags & KEXEC_LOAD_UPDATE_ELFCOREHDR) || knows_hotplug(h))
			return NULL;
		return "the running kernel probably does not know --hotplug, which came with Linux "
		       "6.6; leave it away";
	default:
		return NULL;
	}
}
