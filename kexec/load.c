// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/decomposer.h"
#include "kexec/file-type.h"
#include "kexec/load-file.h"
#include "kexec/load-work.h"
#include "lib/cleanup.h"
#include "lib/log.h"

/* Before any option changes the image: both readings are of what is in the file. */
enum kexec_exit load_cross_check(struct load *l, struct boot_image *img)
{
	bool has_parser = load_has_parser(l) || img->parser.blob;
	struct why w = { 0 };
	int r;

	l->check = (struct load_check){
		.mode = l->o->cross_check,
		.crash = l->o->crash,
		.enforced = l->host.sig_force == 1,
		.parser = load_has_parser(l) ? &l->detached.parser : NULL,
	};
	r = load_check_before(&l->check, img, &w);
	if (r < 0)
		return load_complain(KEXEC_EXIT_DIE, "Cannot load", l->o->kernel, &w);
	if (r > 0)
		log_error("warning: %s: %s", l->o->kernel, w.text);
	else if (has_parser && l->check.mode != CROSS_CHECK_OFF)
		log_debug("cross-check: the parser program %s and kexec agree",
			  load_has_parser(l) ? "that was given" : "in the image");
	return KEXEC_EXIT_OK;
}

static unsigned long file_flags(const struct load *l)
{
	unsigned long flags = 0;

	if (l->o->crash)
		flags |= KEXEC_FILE_ON_CRASH;
	if (l->o->no_cma)
		flags |= KEXEC_FILE_NO_CMA;
	if (l->o->force_dtb)
		flags |= KEXEC_FILE_FORCE_DTB;
	/* An older kernel would refuse the whole load for this flag. */
	if (l->o->debug && host_kernel_at_least(&l->host, 6, 8))
		flags |= KEXEC_FILE_DEBUG;
	return flags;
}

/* The whole file first: only so does its signature reach the kernel. */
static enum route find_route(const struct load *l)
{
	const char *parser = l->o->parser;
	struct why w = { 0 };
	int r;

	if (l->detached.runs)
		return ROUTE_DETACHED;
	if (!load_file_has_parser(&l->image) || load_has_parser(l))
		return load_file_route(&l->image, l->arch);
	if (parser && strcmp(parser, "none") == 0) {
		log_debug("--parser=none: not for the kernel's parser");
		return load_file_route(&l->image, l->arch);
	}
	r = decomposer_present(l->sys, DECOMPOSER_WHOLE, &w);
	if (r > 0)
		return ROUTE_WHOLE;
	log_debug("the running kernel does not run parser programs%s%s: unpacking the image here",
		  r < 0 ? ", for all we know: " : "", r < 0 ? w.text : "");
	return load_file_route(&l->image, l->arch);
}

/* Bytes that the call takes; 0: not known. */
static uint64_t cmdline_max(const struct load *l)
{
	uint64_t max = l->arch->cmdline_max(&l->image, l->o->crash);
	bool keys = l->o->crash && l->host.crypt_keys > 0 && l->o->syscall != SYSCALL_CLASSIC;

	return keys && max > l->arch->cmdline_of_keys ? max - l->arch->cmdline_of_keys : max;
}

static void make_plan(struct load *l)
{
	l->plan = (struct plan){
		.image = &l->image,
		.detached = load_has_parser(l) ? &l->detached : NULL,
		.route = l->o->syscall == SYSCALL_CLASSIC ? ROUTE_SEGMENTS : find_route(l),
		.flags = file_flags(l),
		.crash = l->o->crash,
		.cmdline_max = cmdline_max(l),
		.memory_size = l->arch->memory_size(&l->image),
		.handover = l->o->crash ? 0 : l->host.kho,
		.discards = l->o->discard_handover,
		.kho = &l->kho,
	};
}

enum kexec_exit load_print_plan(const struct load *l, FILE *out)
{
	autofree char *text = plan_text(&l->plan);

	if (!text) {
		log_error("out of memory");
		return KEXEC_EXIT_FAILED;
	}
	if (l->o->json && l->o->dry_run)
		plan_json(out, l->o, &l->plan);
	else
		fputs(text, out);
	if (fflush(out) != 0) {
		log_error("cannot print the plan: %s", strerror(errno));
		return KEXEC_EXIT_FAILED;
	}
	return KEXEC_EXIT_OK;
}

struct refusal load_refusal(const struct load *l)
{
	const struct boot_image *img = &l->image;

	return (struct refusal){
		.crash = l->o->crash,
		.arch = l->arch->name,
		.kernel_format = img->layers[img->nr_layers - 1]->label,
		.kernel_size = img->kernel.bytes.len,
		.initrd_size = boot_image_initrd_size(img),
		.memory_size = l->plan.memory_size,
		.cmdline_len = img->cmdline ? strlen(img->cmdline) : 0,
		.cmdline_max = l->plan.cmdline_max,
		.kho = &l->kho,
	};
}

/* Does the kernel take the image apart by itself? */
static bool is_whole(const struct load *l)
{
	return l->plan.route == ROUTE_WHOLE || l->plan.route == ROUTE_DETACHED;
}

static void explain_refusal(char *buf, size_t size, const struct load *l, int err)
{
	struct refusal refusal = load_refusal(l);

	refusal.file_load = true;
	refusal.err = err;
	refusal.flags = l->plan.flags;
	refusal.detached = l->plan.route == ROUTE_DETACHED;
	refusal.whole = is_whole(l);
	refusal.as_is = l->plan.route == ROUTE_AS_IS ||
			(is_whole(l) && l->detached.envelope.kind == BLOB_NONE);
	explain(buf, size, &refusal, &l->host);
}

void load_mourn_crash_kernel(const struct load *l, int loaded_before)
{
	if (l->o->crash && loaded_before == 1 && host_loaded(l->sys, true) == 0)
		log_error("the crash kernel that was loaded before is gone: until one is loaded, "
			  "a crash leaves no dump");
}

/*
 * One call: every one counts against kexec_load_limit, also one that fails. 0, or
 * -errno of the kernel; -ECANCELED if it was never asked.
 */
static int call_kernel(const struct load *l, enum kexec_exit *ret_code)
{
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };
	char explanation[WHY_SIZE];
	struct why w = { 0 };
	int loaded_before, r = 0;

	*ret_code = KEXEC_EXIT_FAILED;
	if (l->plan.route == ROUTE_DETACHED)
		load_file_prepare_detached(&req, &l->image, &l->detached, l->plan.flags);
	else if (l->plan.route == ROUTE_WHOLE)
		r = load_file_prepare_whole(&req, &l->image, l->plan.flags, &w);
	else
		r = load_file_prepare(&req, &l->image, l->plan.flags, &w);
	if (r < 0) {
		load_complain(*ret_code, "Cannot load", l->o->kernel, &w);
		return -ECANCELED;
	}
	loaded_before = l->o->crash ? host_loaded(l->sys, true) : 0;
	r = l->sys->ops->kexec_file_load(req.kernel_fd, req.initrd_fd, strlen(req.cmdline) + 1,
					 req.cmdline, req.flags);
	if (r == 0) {
		log_debug("kexec_file_load: loaded");
		*ret_code = KEXEC_EXIT_OK;
		return 0;
	}
	explain_refusal(explanation, sizeof(explanation), l, -r);
	log_error("kexec_file_load failed: %s", explanation);
	load_mourn_crash_kernel(l, loaded_before);
	if (explain_is_fallback(-r) && l->o->syscall == SYSCALL_FILE)
		*ret_code = KEXEC_EXIT_FALLBACK;
	return r;
}

/*
 * After the kernel has refused the whole file: may the parts be tried? Not
 * where that would go round a signature.
 */
static bool may_unpack(const struct load *l, int err)
{
	return is_whole(l) && l->host.sig_force != 1 && !l->check.attests &&
	       explain_is_fallback(-err) && load_file_route(&l->image, l->arch) != ROUTE_NONE;
}

/* Why the same image may not go by kexec_load; NULL: it may. */
static const char *not_classic(const struct load *l)
{
	if (l->host.sig_force == 1 || l->host.lockdown == LOCKDOWN_INTEGRITY ||
	    l->host.lockdown == LOCKDOWN_CONFIDENTIALITY)
		return "this machine demands signed kernels, and kexec_load shows it no signature";
	if (l->check.attests)
		return "the kernel's own parser (--cross-check=attest) has no part in it";
	if (l->o->crash && l->host.crypt_keys > 0)
		return "it does not pass on the dm-crypt keys that "
		       "/sys/kernel/config/crash_dm_crypt_keys names (-c gives them up)";
	return load_loses_handover(l);
}

static enum kexec_exit fall_back(struct load *l, enum kexec_exit code)
{
	const char *not = not_classic(l);

	if (not) {
		log_debug("not trying kexec_load: %s", not);
		return code;
	}
	log_debug("trying kexec_load");
	return load_classic(l);
}

static enum kexec_exit call_kernel_on_all_routes(struct load *l)
{
	enum kexec_exit code;
	int r = call_kernel(l, &code);

	if (r < 0 && may_unpack(l, r)) {
		log_error("the kernel did not take the whole file; trying its parts, unpacked here");
		l->plan.route = load_file_route(&l->image, l->arch);
		log_debug("route: %s", route_name(l->plan.route));
		r = call_kernel(l, &code);
	}
	if (r < 0 && explain_is_fallback(-r) && l->o->syscall == SYSCALL_AUTO)
		return fall_back(l, code);
	return code;
}

static enum kexec_exit attest_before(const struct load *l)
{
	struct why w = { 0 };

	if (!l->check.attests)
		return KEXEC_EXIT_OK;
	if (!is_whole(l))
		why(&w, -EOPNOTSUPP, "--cross-check=attest: %s",
		    l->o->syscall == SYSCALL_CLASSIC
			    ? "kexec_load (-c) asks no parser of the kernel"
			    : "the running kernel runs no parser programs");
	else if (!l->o->dry_run)
		attest_arm(l->sys, &w);
	return w.err ? load_complain(KEXEC_EXIT_DIE, "Cannot load", l->o->kernel, &w) : KEXEC_EXIT_OK;
}

static enum kexec_exit attest_after(const struct load *l)
{
	struct why w = { 0 };
	int r = load_check_after(&l->check, l->sys, &w);

	if (r == 0)
		return KEXEC_EXIT_OK;
	return load_complain(r < 0 ? KEXEC_EXIT_FAILED : KEXEC_EXIT_DIE, "Cannot load", l->o->kernel,
			&w);
}

/* Where the system call does not refuse it, nobody else would say so. */
static void warn_of_long_cmdline(const struct load *l)
{
	size_t len = l->image.cmdline ? strlen(l->image.cmdline) : 0;
	uint64_t max = l->plan.cmdline_max;

	if (max && len > max && (l->arch->cuts_cmdline || l->o->dry_run))
		log_error("warning: %s: the command line has %zu characters, of which this kernel "
			  "takes %llu", l->o->kernel, len, (unsigned long long)max);
}

static enum kexec_exit load_by_file(struct load *l)
{
	enum kexec_exit code;

	warn_of_long_cmdline(l);
	if (!l->o->dry_run && log_level >= LOG_DEBUG)
		load_print_plan(l, stderr);
	code = attest_before(l);
	if (code != KEXEC_EXIT_OK)
		return code;
	if (l->o->dry_run)
		return load_print_plan(l, stdout);
	code = call_kernel_on_all_routes(l);
	return code == KEXEC_EXIT_OK ? attest_after(l) : code;
}

/* Not an errno tells, but the format: kexec_file_load has no loader for it. */
static enum kexec_exit load_other_format(struct load *l)
{
	const char *not = l->o->syscall == SYSCALL_FILE ? "-s rules that out" : not_classic(l);

	if (!not)
		return load_classic(l);
	log_error("Cannot load %s: kexec_file_load on %s does not take an %s; kexec_load might, "
		  "but %s", l->o->kernel, l->arch->name,
		  l->image.layers[l->image.nr_layers - 1]->label, not);
	return l->o->syscall == SYSCALL_FILE ? KEXEC_EXIT_FALLBACK : KEXEC_EXIT_FAILED;
}

/* kexec_file_load has no room for one: what the user asked for goes by kexec_load or not at all. */
static enum kexec_exit load_with_dtb(struct load *l)
{
	const char *not = l->o->syscall == SYSCALL_FILE ? "that is not wanted (-s)" : not_classic(l);

	if (!not)
		return load_classic(l);
	log_error("Cannot load %s: --dtb: kexec_file_load takes no device tree; kexec_load does, "
		  "but %s", l->o->kernel, not);
	return KEXEC_EXIT_DIE;
}

/* The image's own: the one that the machine runs with is as good, mostly. */
static void mourn_dtb(const struct load *l)
{
	if (l->arch->device_tree && l->image.dtb.bytes.blob)
		log_error("warning: %s: its device tree (%s) is left out, the kernel gets the "
			  "running system's: kexec_file_load takes none; -c does",
			  l->o->kernel, l->image.dtb.origin);
}

static enum kexec_exit load_image(struct load *l)
{
	enum kexec_exit code;

	make_plan(l);
	if (l->o->syscall == SYSCALL_CLASSIC) {
		code = attest_before(l);
		return code == KEXEC_EXIT_OK ? load_classic(l) : code;
	}
	if (l->image.dtb.given)
		return load_with_dtb(l);
	mourn_dtb(l);
	return l->plan.route == ROUTE_NONE ? load_other_format(l) : load_by_file(l);
}

/* There the hypervisor would have to do it, by a system call of its own. */
static enum kexec_exit check_xen(const struct load *l)
{
	if (l->host.xen_dom0 != 1)
		return KEXEC_EXIT_OK;
	log_error("a Xen host (dom0) cannot load a kernel: Xen hosts are not supported");
	return KEXEC_EXIT_DIE;
}

/* Before anything is read: without a reservation there is no place for a crash kernel. */
static enum kexec_exit check_reservation(const struct load *l)
{
	uint64_t size;
	int r = host_crash_region_size(l->sys, &size);

	if (r < 0 || size > 0) /* cannot tell: the kernel will */
		return KEXEC_EXIT_OK;
	log_error("Memory for crashkernel is not reserved: boot with crashkernel=SIZE on the "
		  "kernel command line, crashkernel=256M for one");
	return KEXEC_EXIT_DIE;
}

/* Neither is a reason to refuse a load that the kernel may well take. */
static void read_handover(struct load *l)
{
	struct why w = { 0 };

	if (l->o->crash || l->host.kho == 0)
		return;
	if (kho_read(&l->kho, l->sys, &w) < 0)
		log_error("warning: %s", w.text);
	if (l->o->debug && l->host.kho < 0)
		log_debug("cannot tell whether Kexec HandOver is active");
}

enum kexec_exit load_kernel(const struct kexec_options *o, const struct arch_ops *arch,
			    const struct sys *sys)
{
	struct load l = { .o = o, .arch = arch, .sys = sys };
	enum kexec_exit code = KEXEC_EXIT_OK;

	host_read(&l.host, sys);
	read_handover(&l);
	code = check_xen(&l);
	if (code == KEXEC_EXIT_OK && o->crash && !o->dry_run && o->syscall != SYSCALL_CLASSIC)
		code = check_reservation(&l);
	if (code == KEXEC_EXIT_OK)
		code = load_open_kernel(&l);
	if (code == KEXEC_EXIT_OK)
		code = load_open_parser(&l);
	if (code == KEXEC_EXIT_OK && !load_needs_envelope(&l))
		code = load_cross_check(&l, &l.image);
	if (code == KEXEC_EXIT_OK)
		code = load_choose_profile(&l);
	if (code == KEXEC_EXIT_OK)
		code = load_apply_overlay(&l);
	if (code == KEXEC_EXIT_OK)
		code = load_add_to_uki(&l);
	if (code == KEXEC_EXIT_OK)
		code = load_wrap(&l);
	if (code == KEXEC_EXIT_OK)
		code = load_image(&l);
	boot_image_done(&l.image);
	detached_done(&l.detached);
	kho_done(&l.kho);
	return code;
}
