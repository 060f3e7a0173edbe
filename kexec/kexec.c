// SPDX-License-Identifier: GPL-2.0-or-later
/* The program: options become actions, reasons become messages and exit codes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "kexec/actions.h"
#include "kexec/host.h"
#include "kexec/kho.h"
#include "kexec/load.h"
#include "kexec/options.h"
#include "kexec/plan.h"
#include "lib/log.h"

static enum kexec_exit failed(const struct why *w, enum kexec_exit code)
{
	log_error("%s", w->text);
	return code;
}

/* For people. Where there is nothing to lose there is nothing to say. */
static void print_handover(int active, const struct kho *k)
{
	if (active == 0 || (active < 0 && log_level < LOG_DEBUG))
		return;
	printf("handover: %s\n", active > 0 ? "active" : "cannot tell, taken as active");
	printf("handover by kexec_load: %s\n",
	       kho_passes(k) ? "possible" : "not possible, this kernel does not say how");
	if (k->revived)
		puts("handover: this kernel came up with what another one preserved");
	kho_dump(stdout, k);
}

/* Of a file that says a number. */
static const char *reason(int err)
{
	return err == -EBADMSG ? "is no number" : strerror(-err);
}

/* The exit code is the answer; the line is for people and only with -d. */
static enum kexec_exit print_status(const struct kexec_options *o, const struct sys *sys)
{
	int loaded = host_loaded(sys, !o->status_reboot);
	autokho struct kho k = { 0 };
	struct why w = { 0 };
	struct host host;

	if (loaded < 0) {
		log_error("cannot tell whether a kernel is loaded: /sys/kernel/%s: %s",
			  o->status_reboot ? "kexec_loaded" : "kexec_crash_loaded",
			  reason(loaded));
		return KEXEC_EXIT_FAILED;
	}
	host_read(&host, sys);
	if (host.kho != 0 && kho_read(&k, sys, &w) < 0)
		log_error("warning: %s", w.text); /* as of a load */
	if (o->json)
		status_json(stdout, o->status_reboot, loaded, host.kho, &k);
	else
		print_handover(host.kho, &k);
	log_debug("%s kernel %s", o->status_reboot ? "reboot" : "crash",
		  loaded ? "loaded" : "not loaded");
	return loaded ? KEXEC_EXIT_DIE : KEXEC_EXIT_OK;
}

static enum kexec_exit print_crash_size(const struct sys *sys)
{
	uint64_t size = 0;
	int r = host_crash_region_size(sys, &size);

	if (r < 0) {
		log_error("cannot tell what is reserved for a crash kernel: not by /proc/iomem, and "
			  "/sys/kernel/kexec_crash_size: %s", reason(r));
		return KEXEC_EXIT_FAILED;
	}
	printf("%llu\n", (unsigned long long)size);
	return KEXEC_EXIT_OK;
}

/* What --dry-run says of the steps that are no load; that one has a plan of its own. */
static void print_step(bool wanted, const char *step)
{
	if (wanted)
		puts(step);
}

static enum kexec_exit rehearse(const struct kexec_options *o, const struct arch_ops *arch,
				const struct sys *sys)
{
	enum kexec_exit code = KEXEC_EXIT_OK;

	if (o->json && o->load)
		return load_kernel(o, arch, sys); /* its plan says the rest, too */
	if (o->json) {
		plan_json(stdout, o, NULL);
		return KEXEC_EXIT_OK;
	}
	print_step(o->unload, o->crash ? "unload: crash kernel" : "unload: reboot kernel");
	if (o->load)
		code = load_kernel(o, arch, sys);
	if (code != KEXEC_EXIT_OK)
		return code;
	print_step(o->exec && !o->no_sync, "then: sync");
	print_step(o->exec && !o->no_ifdown, "then: network interfaces down");
	print_step(o->exec, "then: start the loaded kernel");
	print_step(o->shutdown, "then: shutdown -r now");
	return code;
}

static enum kexec_exit act(const struct kexec_options *o, const struct arch_ops *arch,
			   const struct sys *sys)
{
	enum kexec_exit code = KEXEC_EXIT_OK;
	struct why w = { 0 };

	if (o->unload && action_unload(sys, o->crash, o->syscall, &w) < 0)
		return failed(&w, KEXEC_EXIT_FAILED);
	if (o->load)
		code = load_kernel(o, arch, sys);
	if (code != KEXEC_EXIT_OK)
		return code;
	if (o->exec && action_exec(sys, o->no_sync, o->no_ifdown, &w) < 0)
		return failed(&w, KEXEC_EXIT_DIE);
	if (o->shutdown && action_shutdown(sys, &w) < 0)
		return failed(&w, KEXEC_EXIT_FAILED);
	return code;
}

static enum kexec_exit run(const struct kexec_options *o, const struct arch_ops *arch,
			   const struct sys *sys)
{
	if (o->help) {
		kexec_options_help(stdout, arch);
		return KEXEC_EXIT_OK;
	}
	if (o->version) {
		puts(PACKAGE_VERSION_TEXT);
		return KEXEC_EXIT_OK;
	}
	if (o->print_ckr_size)
		return print_crash_size(sys);
	if (o->status)
		return print_status(o, sys);
	if (o->load && !o->kernel) {
		log_error("No kernel specified");
		kexec_options_help(stdout, arch);
		return KEXEC_EXIT_FAILED;
	}
	if (o->ignored)
		log_debug("ignoring '%s': one kernel at a time", o->ignored);
	return o->dry_run ? rehearse(o, arch, sys) : act(o, arch, sys);
}

/* An option that is there in name only is no mistake of spelling: no hint at --help. */
static enum kexec_exit bad_usage(const struct why *w)
{
	log_error("%s%s", w->text, w->err == -EOPNOTSUPP ? "" : " (see kexec --help)");
	return KEXEC_EXIT_DIE;
}

/* Whoever reads what was printed must not be told that this was all. */
static enum kexec_exit check_output(enum kexec_exit code)
{
	int err = fflush(stdout) != 0 ? errno : ferror(stdout) ? EIO : 0;

	if (err == 0 || code == KEXEC_EXIT_FAILED) /* has been told */
		return code;
	log_error("cannot write to standard output: %s", strerror(err));
	return KEXEC_EXIT_FAILED;
}

int main(int argc, char **argv)
{
	const struct sys sys = { .root = "", .ops = &sys_real };
	const struct arch_ops *arch;
	struct kexec_options o;
	struct why w = { 0 };
	struct utsname uts;

	if (uname(&uts) < 0 || !(arch = arch_by_uname(uts.machine))) {
		log_error("unsupported architecture: %s", uts.machine);
		return KEXEC_EXIT_DIE;
	}
	if (kexec_options_parse(&o, argc, argv, arch, &w) < 0)
		return bad_usage(&w);
	if (o.debug)
		log_level = LOG_DEBUG;
	return check_output(run(&o, arch, &sys));
}
