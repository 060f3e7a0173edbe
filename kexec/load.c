// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/decomposer.h"
#include "kexec/explain.h"
#include "kexec/file-type.h"
#include "kexec/host.h"
#include "kexec/load-check.h"
#include "kexec/load-file.h"
#include "kexec/load.h"
#include "kexec/merge.h"
#include "kexec/plan.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/progress.h"
#include "lib/sysfile.h"

#define RETAINED_INITRD "/sys/firmware/initrd"

/* Everything a load knows, so that its steps have one argument. */
struct load {
	const struct kexec_options *o;
	const struct arch_ops *arch;
	const struct sys *sys;
	struct host host;
	struct boot_image image;
	struct load_check check;
	struct plan plan;
	struct progress_line progress; /* of opening the kernel */
};

static enum kexec_exit complain(enum kexec_exit code, const char *what, const char *path,
				const struct why *w)
{
	log_error("%s %s: %s", what, path, w->text);
	return code;
}

/* --type: what kexec-tools has names for, we may not have a loader for. */
static enum kexec_exit find_type(const char *name, const struct file_type **ret)
{
	*ret = name ? file_type_by_name(name) : NULL;
	if (!name || *ret)
		return KEXEC_EXIT_OK;
	log_error("Unsupported kernel type: %s", name);
	return KEXEC_EXIT_DIE;
}

static enum kexec_exit open_kernel(struct load *l)
{
	const struct kexec_options *o = l->o;
	autoblob struct blob file = { 0 };
	const struct file_type *forced, *bare;
	struct why w = { 0 };
	enum kexec_exit code;
	int r;

	code = find_type(o->type, &forced);
	if (code != KEXEC_EXIT_OK)
		return code;
	if (blob_open(&file, o->kernel, &w) < 0)
		return complain(KEXEC_EXIT_DIE, "Cannot load", o->kernel, &w);
	file.progress = progress_terminal(&l->progress);
	r = file_type_open(&l->image, &file, forced, &w);
	if (r == -ENOEXEC && !forced)
		return complain(KEXEC_EXIT_FAILED, "Cannot determine the file type of", o->kernel,
				&w);
	if (r < 0)
		return complain(KEXEC_EXIT_FAILED, "Cannot load", o->kernel, &w);

	bare = l->image.layers[l->image.nr_layers - 1];
	if (bare->machine && strcmp(bare->machine, l->arch->name) != 0) {
		log_error("Cannot load %s: %s for %s, this machine is %s", o->kernel, bare->label,
			  bare->machine, l->arch->name);
		return KEXEC_EXIT_FAILED;
	}
	return KEXEC_EXIT_OK;
}

/* Before any option changes the image: both readings are of what is in the file. */
static enum kexec_exit cross_check_image(struct load *l)
{
	struct why w = { 0 };
	int r;

	l->check = (struct load_check){
		.mode = l->o->cross_check,
		.crash = l->o->crash,
		.enforced = l->host.sig_force == 1,
	};
	r = load_check_before(&l->check, &l->image, &w);
	if (r < 0)
		return complain(KEXEC_EXIT_DIE, "Cannot load", l->o->kernel, &w);
	if (r > 0)
		log_error("warning: %s: %s", l->o->kernel, w.text);
	else if (l->image.parser.blob && l->check.mode != CROSS_CHECK_OFF)
		log_debug("cross-check: the parser program in the image and kexec agree");
	return KEXEC_EXIT_OK;
}

/* A private copy: the file is no file, but a window on memory. */
static int open_retained_initrd(struct blob *ret, const struct sys *sys, struct why *w)
{
	autofree char *path = NULL;
	autoblob struct blob live = { 0 }, copy = { 0 };
	struct extent all;
	int r;

	if (asprintf(&path, "%s%s", sys->root, RETAINED_INITRD) < 0) {
		path = NULL;
		return why(w, -ENOMEM, "out of memory");
	}
	r = blob_open(&live, path, w);
	if (r < 0)
		return r;
	all = blob_whole(&live);
	r = blob_memfd(&copy, "initrd", w);
	if (r == 0)
		r = blob_append_extent(&copy, &all, w);
	if (r == 0)
		r = blob_seal(&copy, w);
	if (r < 0)
		return r;
	*ret = copy;
	copy = (struct blob){ 0 };
	return 0;
}

static enum kexec_exit open_initrds(struct overlay *overlay, const struct load *l)
{
	const struct kexec_options *o = l->o;
	struct why w = { 0 };

	for (size_t i = 0; i < o->nr_initrds; i++) {
		if (blob_open(&overlay->initrds[i], o->initrds[i], &w) < 0)
			return complain(KEXEC_EXIT_DIE, "Cannot load initrd", o->initrds[i], &w);
		overlay->nr_initrds++;
	}
	if (!o->reuse_initrd)
		return KEXEC_EXIT_OK;
	if (o->nr_initrds > 0) {
		log_error("--initrd and --reuseinitrd exclude each other");
		return KEXEC_EXIT_DIE;
	}
	if (open_retained_initrd(&overlay->initrds[0], l->sys, &w) < 0) {
		log_error("--reuseinitrd: %s: %s; the running kernel keeps its initrd only if it "
			  "was booted with retain_initrd", RETAINED_INITRD, w.text);
		return KEXEC_EXIT_DIE;
	}
	overlay->nr_initrds = 1;
	return KEXEC_EXIT_OK;
}

/* The command line as given, or the running kernel's with the given one behind it. */
static enum kexec_exit build_cmdline(char **ret, const struct load *l)
{
	const struct kexec_options *o = l->o;
	autofree char *running = NULL;
	int r;

	if (!o->reuse_cmdline) {
		*ret = o->cmdline ? strdup(o->cmdline) : NULL;
		r = o->cmdline && !*ret ? -ENOMEM : 0;
	} else {
		r = sysfile_read(l->sys->root, "/proc/cmdline", &running);
		if (r >= 0) {
			*ret = merge_reuse_cmdline(running, o->cmdline, o->crash);
			r = *ret ? 0 : -ENOMEM;
		}
	}
	if (r == 0)
		return KEXEC_EXIT_OK;
	log_error("Cannot build the command line: %s", strerror(-r));
	return KEXEC_EXIT_DIE;
}

static enum kexec_exit apply_overlay(struct load *l)
{
	autooverlay struct overlay overlay = { 0 };
	autofree char *cmdline = NULL;
	struct why w = { 0 };
	enum kexec_exit code = open_initrds(&overlay, l);

	if (code == KEXEC_EXIT_OK)
		code = build_cmdline(&cmdline, l);
	if (code != KEXEC_EXIT_OK)
		return code;
	overlay.cmdline = cmdline;
	overlay.enforced = l->host.sig_force == 1;
	overlay.crash = l->o->crash;
	if (merge_overlay(&l->image, &overlay, &w) < 0)
		return complain(KEXEC_EXIT_FAILED, "Cannot load", l->o->kernel, &w);
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

	if (!load_file_has_parser(&l->image))
		return load_file_route(&l->image, l->arch);
	if (parser && strcmp(parser, "none") == 0) {
		log_debug("--parser=none: not for the kernel's parser");
		return load_file_route(&l->image, l->arch);
	}
	r = decomposer_present(l->sys, &w);
	if (r > 0)
		return ROUTE_WHOLE;
	log_debug("the running kernel does not run parser programs%s%s: unpacking the image here",
		  r < 0 ? ", for all we know: " : "", r < 0 ? w.text : "");
	return load_file_route(&l->image, l->arch);
}

static void make_plan(struct load *l)
{
	l->plan = (struct plan){
		.image = &l->image,
		.route = find_route(l),
		.flags = file_flags(l),
		.crash = l->o->crash,
		.cmdline_max = l->arch->cmdline_max(&l->image, l->o->crash),
		.memory_size = l->arch->memory_size(&l->image),
	};
}

static enum kexec_exit print_plan(const struct load *l, FILE *out)
{
	autofree char *text = plan_text(&l->plan);

	if (!text) {
		log_error("out of memory");
		return KEXEC_EXIT_FAILED;
	}
	fputs(text, out);
	if (fflush(out) != 0) {
		log_error("cannot print the plan: %s", strerror(errno));
		return KEXEC_EXIT_FAILED;
	}
	return KEXEC_EXIT_OK;
}

static void explain_refusal(char *buf, size_t size, const struct load *l, int err)
{
	const struct boot_image *img = &l->image;
	struct refusal refusal = {
		.file_load = true,
		.crash = l->o->crash,
		.err = err,
		.flags = l->plan.flags,
		.arch = l->arch->name,
		.kernel_format = img->layers[img->nr_layers - 1]->label,
		.whole = l->plan.route == ROUTE_WHOLE,
		.as_is = l->plan.route == ROUTE_AS_IS || l->plan.route == ROUTE_WHOLE,
		.kernel_size = img->kernel.bytes.len,
		.initrd_size = boot_image_initrd_size(img),
		.memory_size = l->plan.memory_size,
		.cmdline_len = img->cmdline ? strlen(img->cmdline) : 0,
		.cmdline_max = l->plan.cmdline_max,
	};

	explain(buf, size, &refusal, &l->host);
}

/*
 * The kernel gives the old crash image up before it looks at the new one: what
 * protected this machine until now may be gone, and nobody else says so.
 */
static void mourn_crash_kernel(const struct load *l, int loaded_before)
{
	if (l->o->crash && loaded_before == 1 && host_loaded(l->sys, true) == 0)
		log_error("the crash kernel that was loaded before is gone: until one is loaded, "
			  "a crash leaves no dump");
}

/* One call: every one counts against kexec_load_limit, also one that fails. 0 or -errno. */
static int call_kernel(const struct load *l, enum kexec_exit *ret_code)
{
	autorequest struct file_request req = { .kernel_fd = -1, .initrd_fd = -1 };
	char explanation[WHY_SIZE];
	struct why w = { 0 };
	int loaded_before, r;

	*ret_code = KEXEC_EXIT_FAILED;
	if (l->plan.route == ROUTE_WHOLE)
		r = load_file_prepare_whole(&req, &l->image, l->plan.flags, &w);
	else
		r = load_file_prepare(&req, &l->image, l->plan.flags, &w);
	if (r < 0) {
		complain(*ret_code, "Cannot load", l->o->kernel, &w);
		return r;
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
	mourn_crash_kernel(l, loaded_before);
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
	return l->plan.route == ROUTE_WHOLE && l->host.sig_force != 1 && !l->check.attests &&
	       explain_is_fallback(-err) && load_file_route(&l->image, l->arch) != ROUTE_NONE;
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
		log_debug("not trying kexec_load: not supported yet");
	return code;
}

static enum kexec_exit attest_before(const struct load *l)
{
	struct why w = { 0 };

	if (!l->check.attests)
		return KEXEC_EXIT_OK;
	if (l->plan.route != ROUTE_WHOLE)
		why(&w, -EOPNOTSUPP, "--cross-check=attest: the running kernel runs no parser programs");
	else
		attest_arm(l->sys, &w);
	return w.err ? complain(KEXEC_EXIT_DIE, "Cannot load", l->o->kernel, &w) : KEXEC_EXIT_OK;
}

static enum kexec_exit attest_after(const struct load *l)
{
	struct why w = { 0 };
	int r = load_check_after(&l->check, l->sys, &w);

	if (r == 0)
		return KEXEC_EXIT_OK;
	return complain(r < 0 ? KEXEC_EXIT_FAILED : KEXEC_EXIT_DIE, "Cannot load", l->o->kernel,
			&w);
}

static enum kexec_exit load_by_file(struct load *l)
{
	enum kexec_exit code;

	make_plan(l);
	if (l->o->dry_run)
		return print_plan(l, stdout);
	if (log_level >= LOG_DEBUG)
		print_plan(l, stderr);
	if (l->plan.route != ROUTE_NONE) {
		code = attest_before(l);
		if (code == KEXEC_EXIT_OK)
			code = call_kernel_on_all_routes(l);
		return code == KEXEC_EXIT_OK ? attest_after(l) : code;
	}
	log_error("Cannot load %s: kexec_file_load on %s does not take an %s; kexec_load would, "
		  "which is not supported yet", l->o->kernel, l->arch->name,
		  l->image.layers[l->image.nr_layers - 1]->label);
	return l->o->syscall == SYSCALL_FILE ? KEXEC_EXIT_FALLBACK : KEXEC_EXIT_FAILED;
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

enum kexec_exit load_kernel(const struct kexec_options *o, const struct arch_ops *arch,
			    const struct sys *sys)
{
	struct load l = { .o = o, .arch = arch, .sys = sys };
	enum kexec_exit code = KEXEC_EXIT_OK;

	host_read(&l.host, sys);
	code = check_xen(&l);
	if (code == KEXEC_EXIT_OK && o->crash && !o->dry_run)
		code = check_reservation(&l);
	if (code == KEXEC_EXIT_OK)
		code = open_kernel(&l);
	if (code == KEXEC_EXIT_OK)
		code = cross_check_image(&l);
	if (code == KEXEC_EXIT_OK)
		code = apply_overlay(&l);
	if (code == KEXEC_EXIT_OK)
		code = load_by_file(&l);
	boot_image_done(&l.image);
	return code;
}
