// SPDX-License-Identifier: GPL-2.0-or-later
/* By kexec_load(2): places the segments, tells about them, calls the kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kexec/load-segments.h"
#include "kexec/load-work.h"
#include "lib/cleanup.h"
#include "lib/log.h"

/* Of kexec_file_load(2) the kernel says the same, and explain() the rest. */
static enum kexec_exit explain_no_room(const struct load *l, const struct why *w)
{
	const struct refusal r = load_refusal(l);
	uint64_t kernel = r.memory_size > r.kernel_size ? r.memory_size : r.kernel_size;
	char scratch[WHY_SIZE];

	kho_explain(scratch, sizeof(scratch), &l->kho, kernel + r.initrd_size, false);
	log_error("Cannot load %s: %s%s", l->o->kernel, w->text, scratch);
	return KEXEC_EXIT_FAILED;
}

static enum kexec_exit cannot_prepare(const struct load *l, int err, const struct why *w)
{
	if (err == -EADDRNOTAVAIL && kho_passes(&l->kho) && !l->o->discard_handover)
		return explain_no_room(l, w);
	if (err != -ENODATA || !l->o->crash)
		return load_complain(KEXEC_EXIT_FAILED, "Cannot load", l->o->kernel, w);
	/* Scripts know this line and this exit code. */
	log_error("No crash kernel segment found in /proc/iomem: boot with crashkernel=SIZE on the "
		  "kernel command line, crashkernel=256M for one");
	return KEXEC_EXIT_NO_CRASH_KERNEL;
}

static enum kexec_exit print_call(const struct segments_job *job)
{
	autofree char *text = load_segments_dump(job);

	if (!text) {
		log_error("out of memory");
		return KEXEC_EXIT_FAILED;
	}
	fputs(text, stderr);
	return KEXEC_EXIT_OK;
}

static enum kexec_exit tell(const struct load *l, const struct segments_job *job)
{
	enum kexec_exit code;

	if (job->notice)
		log_error("warning: %s", job->notice);
	if (l->o->dry_run)
		return load_print_plan(l, stdout);
	if (log_level < LOG_DEBUG)
		return KEXEC_EXIT_OK;
	code = load_print_plan(l, stderr);
	return code == KEXEC_EXIT_OK ? print_call(job) : code;
}

static enum kexec_exit call_kernel(const struct load *l, const struct segments_job *job)
{
	int loaded_before = l->o->crash ? host_loaded(l->sys, true) : 0;
	struct refusal refusal = load_refusal(l);
	char explanation[WHY_SIZE];
	struct why w = { 0 };
	int r = load_segments_call(job, &w);

	if (r == 0) {
		log_debug("kexec_load: loaded");
		return KEXEC_EXIT_OK;
	}
	if (w.err)
		return load_complain(KEXEC_EXIT_FAILED, "Cannot load", l->o->kernel, &w);
	refusal.err = -r;
	refusal.flags = job->flags;
	explain(explanation, sizeof(explanation), &refusal, &l->host);
	log_error("kexec_load failed: %s", explanation);
	load_mourn_crash_kernel(l, loaded_before);
	return KEXEC_EXIT_FAILED;
}

const char *load_loses_handover(const struct load *l)
{
	if (l->host.kho == 0 || l->o->crash || l->o->discard_handover || kho_passes(&l->kho))
		return NULL;
	if (l->host.kho < 0)
		return "whether Kexec HandOver is active cannot be told without debugfs (boot "
		       "with kho=off, or mount -t debugfs none /sys/kernel/debug), and kexec_load "
		       "could not pass on what it preserves";
	return "Kexec HandOver is active, and with this kernel kexec_load cannot pass on what it "
	       "preserves";
}

/* What the next kernel would be handed is lost without a word from the kernel. */
static enum kexec_exit check_handover(const struct load *l)
{
	const char *loses = load_loses_handover(l);

	if (!loses)
		return KEXEC_EXIT_OK;
	log_error("Cannot load %s: %s; -s can, --discard-handover gives it up", l->o->kernel,
		  loses);
	return KEXEC_EXIT_DIE;
}

/* It comes up, but cannot open the disk that the dump is to go to. */
static void warn_of_crypt_keys(const struct load *l)
{
	if (l->o->crash && l->host.crypt_keys > 0)
		log_error("kexec_load does not pass on the dm-crypt keys that "
			  "/sys/kernel/config/crash_dm_crypt_keys names; -s does");
}

enum kexec_exit load_classic(struct load *l)
{
	autojob struct segments_job job = { 0 };
	struct why w = { 0 };
	enum kexec_exit code = check_handover(l);
	int r;

	if (code != KEXEC_EXIT_OK)
		return code;
	r = load_segments_prepare(&job, &l->image, l->o, l->arch, l->sys, &w);

	if (r < 0)
		return cannot_prepare(l, r, &w);
	warn_of_crypt_keys(l);
	l->plan.route = ROUTE_SEGMENTS;
	l->plan.job = &job;
	code = tell(l, &job);
	if (code == KEXEC_EXIT_OK && !l->o->dry_run)
		code = call_kernel(l, &job);
	l->plan.job = NULL;
	return code;
}
