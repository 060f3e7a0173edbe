// SPDX-License-Identifier: GPL-2.0-or-later
/* What is going to be loaded: opens the kernel, then puts the options' parts over its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/file-type.h"
#include "kexec/load-work.h"
#include "kexec/merge.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/sysfile.h"

#define RETAINED_INITRD "/sys/firmware/initrd"

enum kexec_exit load_complain(enum kexec_exit code, const char *what, const char *path,
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

enum kexec_exit load_open_kernel(struct load *l)
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
		return load_complain(KEXEC_EXIT_DIE, "Cannot load", o->kernel, &w);
	file.progress = progress_terminal(&l->progress);
	r = file_type_open(&l->image, &file, forced, &w);
	if (r == -ENOEXEC && !forced)
		return load_complain(KEXEC_EXIT_FAILED, "Cannot determine the file type of", o->kernel,
				&w);
	if (r < 0)
		return load_complain(KEXEC_EXIT_FAILED, "Cannot load", o->kernel, &w);

	bare = l->image.layers[l->image.nr_layers - 1];
	if (bare->machine && strcmp(bare->machine, l->arch->name) != 0) {
		log_error("Cannot load %s: %s for %s, this machine is %s", o->kernel, bare->label,
			  bare->machine, l->arch->name);
		return KEXEC_EXIT_FAILED;
	}
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
			return load_complain(KEXEC_EXIT_DIE, "Cannot load initrd", o->initrds[i], &w);
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

/* Only where kernels are started with one; elsewhere --dtb changes nothing, as ever. */
static enum kexec_exit open_dtb(struct load *l)
{
	struct boot_part part = { .origin = "--dtb", .given = true };
	const char *path = l->o->dtb;
	struct blob file = { 0 };
	struct why w = { 0 };
	int r;

	if (!path || !l->arch->device_tree)
		return KEXEC_EXIT_OK;
	r = blob_open(&file, path, &w);
	if (r == 0)
		r = boot_image_own(&l->image, &file, &part.bytes, &w);
	if (r < 0)
		return load_complain(KEXEC_EXIT_DIE, "Cannot load device tree", path, &w);
	l->image.dtb = part;
	return KEXEC_EXIT_OK;
}

/* The command line as given, or the running kernel's with the given one behind it. */
static int build_cmdline(char **ret, const struct load *l, struct why *w)
{
	const struct kexec_options *o = l->o;
	autofree char *running = NULL;
	int r;

	if (!o->reuse_cmdline) {
		*ret = l->cmdline ? strdup(l->cmdline) : NULL;
		return l->cmdline && !*ret ? why(w, -ENOMEM, "out of memory") : 0;
	}
	r = sysfile_read(l->sys->root, "/proc/cmdline", &running);
	if (r < 0)
		return why(w, r, "--reuse-cmdline: cannot read /proc/cmdline: %s", strerror(-r));
	*ret = merge_reuse_cmdline(running, l->cmdline, o->crash);
	return *ret ? 0 : why(w, -ENOMEM, "out of memory");
}

enum kexec_exit load_apply_overlay(struct load *l)
{
	autooverlay struct overlay overlay = { 0 };
	autofree char *cmdline = NULL;
	struct why w = { 0 };
	enum kexec_exit code = open_initrds(&overlay, l);

	if (code == KEXEC_EXIT_OK)
		code = open_dtb(l);
	if (code != KEXEC_EXIT_OK)
		return code;
	if (build_cmdline(&cmdline, l, &w) < 0)
		return load_complain(KEXEC_EXIT_DIE, "Cannot load", l->o->kernel, &w);
	overlay.cmdline = cmdline;
	overlay.enforced = l->host.sig_force == 1;
	overlay.crash = l->o->crash;
	if (merge_overlay(&l->image, &overlay, &w) < 0)
		return load_complain(KEXEC_EXIT_FAILED, "Cannot load", l->o->kernel, &w);
	return KEXEC_EXIT_OK;
}

