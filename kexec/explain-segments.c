// SPDX-License-Identifier: GPL-2.0-or-later
/* What only kexec_load(2) means by an errno; kernel/kexec.c and kexec_core.c. */
#include <errno.h>

#include "kexec/explain.h"
#include "kexec/sys.h"

static const char *explain_einval(const struct refusal *r, const struct host *h)
{
	/* Of Linux 6.6; a kernel built without CONFIG_CRASH_HOTPLUG knows it no better. */
	if (r->flags & KEXEC_LOAD_UPDATE_ELFCOREHDR && !host_kernel_at_least(h, 6, 6))
		return "the running kernel probably does not know --hotplug, which came with Linux "
		       "6.6; leave it away";
	if (h->mem_total < 0)
		return "probably kernel and initrd need more than half of this machine's memory";
	return NULL;
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
		return explain_einval(r, h);
	default:
		return NULL;
	}
}
