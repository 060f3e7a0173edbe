// SPDX-License-Identifier: GPL-2.0-or-later
/* --parser=FILE: the steps of a load in which a detached parser has a part. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "kexec/decomposer.h"
#include "kexec/file-type.h"
#include "kexec/load-work.h"
#include "lib/cleanup.h"
#include "lib/log.h"

/* Otherwise it is good for the cross-check alone. */
static void ask_kernel(struct load *l)
{
	struct why w = { 0 };
	int r;

	if (l->o->syscall == SYSCALL_CLASSIC)
		return;
	r = decomposer_present(l->sys, DECOMPOSER_DETACHED, &w);
	l->detached.runs = r > 0;
	if (r <= 0)
		log_error("warning: the running kernel does not run detached parsers%s%s: unpacking "
			  "the image here", r < 0 ? ", for all we know: " : "", r < 0 ? w.text : "");
}

enum kexec_exit load_open_parser(struct load *l)
{
	const char *path = l->o->parser;
	struct why w = { 0 };

	if (!path || strcmp(path, "auto") == 0 || strcmp(path, "none") == 0)
		return KEXEC_EXIT_OK;
	if (detached_open(&l->detached, path, &w) < 0)
		return load_complain(KEXEC_EXIT_DIE, "Cannot use parser", path, &w);
	log_debug("parser: %s, %llu bytes, %s", path,
		  (unsigned long long)l->detached.parser.size,
		  l->detached.signature ? "signed" : "not signed");
	ask_kernel(l);
	return KEXEC_EXIT_OK;
}

bool load_has_parser(const struct load *l)
{
	return l->detached.parser.kind != BLOB_NONE;
}

bool load_needs_envelope(const struct load *l)
{
	return l->detached.runs && (l->o->nr_initrds > 0 || l->o->reuse_initrd);
}

/* What the kernel will find in it is what both readings must find in it now. */
static enum kexec_exit check_envelope(struct load *l)
{
	autoimage struct boot_image img = { 0 };
	autoblob struct blob copy = { 0 };
	struct why w = { 0 };
	int r = blob_dup(&copy, &l->detached.envelope, &w);

	if (r == 0)
		r = file_type_open(&img, &copy, NULL, &w);
	if (r < 0)
		return load_complain(KEXEC_EXIT_DIE, "Cannot load", l->o->kernel, &w);
	return load_cross_check(l, &img);
}

enum kexec_exit load_wrap(struct load *l)
{
	struct why w = { 0 };

	if (!l->detached.runs)
		return KEXEC_EXIT_OK;
	if (l->image.altered) {
		why(&w, -EOPNOTSUPP, "--parser=FILE goes with neither another profile nor addons "
		    "(see --no-addons) nor --stub-initrds");
		return load_complain(KEXEC_EXIT_DIE, "Cannot load", l->o->kernel, &w);
	}
	if (!load_needs_envelope(l))
		return KEXEC_EXIT_OK;
	if (detached_wrap(&l->detached, &l->image, &w) < 0)
		return load_complain(KEXEC_EXIT_DIE, "Cannot load", l->o->kernel, &w);
	log_debug("envelope: %llu bytes around the image and its initrd",
		  (unsigned long long)l->detached.envelope.size);
	return check_envelope(l);
}
