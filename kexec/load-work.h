/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a load share: load.c, load-open.c and load-classic.c, which print. */
#ifndef KEXEC_LOAD_WORK_H
#define KEXEC_LOAD_WORK_H

#include "kexec/boot-image.h"
#include "kexec/detached.h"
#include "kexec/explain.h"
#include "kexec/host.h"
#include "kexec/kho.h"
#include "kexec/load-check.h"
#include "kexec/load.h"
#include "kexec/plan.h"
#include "lib/progress.h"

/* Everything a load knows, so that its steps have one argument. */
struct load {
	const struct kexec_options *o;
	const struct arch_ops *arch;
	const struct sys *sys;
	struct host host;
	struct kho kho; /* of a machine where Kexec HandOver may be active; not of crash loads */
	struct boot_image image;
	/* What the options say of a UKI's profile, without the selector in front of the rest. */
	struct uki_choice choice;
	bool has_choice;
	const char *cmdline;
	struct load_check check;
	struct detached detached; /* --parser=FILE */
	struct plan plan;
	struct progress_line progress; /* of opening the kernel */
};

/* One line, "WHAT PATH: reason". Returns @code. */
enum kexec_exit load_complain(enum kexec_exit code, const char *what, const char *path,
			      const struct why *w);

/* Opens the kernel with all its layers. */
enum kexec_exit load_open_kernel(struct load *l);

/* If the options name a file for the parser, opens it. */
enum kexec_exit load_open_parser(struct load *l);

/* Did they? */
bool load_has_parser(const struct load *l);

/*
 * Both readings of @img, the file's own parts; with a detached parser, of the file that
 * will be beside it.
 */
enum kexec_exit load_cross_check(struct load *l, struct boot_image *img);

/* Must the initrd go around the image, which then is what is cross-checked? */
bool load_needs_envelope(const struct load *l);

/* If so, with the overlay in place, makes the envelope and checks it. */
enum kexec_exit load_wrap(struct load *l);

/* If the options name another profile of a UKI, opens it anew with that. */
enum kexec_exit load_choose_profile(struct load *l);

/* Then the options' parts over the image's own. */
enum kexec_exit load_apply_overlay(struct load *l);

/* What comes on top for a UKI: initrds as its stub makes them, addons. */
enum kexec_exit load_add_to_uki(struct load *l);

/* The plan as text. */
enum kexec_exit load_print_plan(const struct load *l, FILE *out);

/* What every refusal tells of the image; the caller adds the errno and which call it was. */
struct refusal load_refusal(const struct load *l);

/*
 * The kernel gives the old crash image up before it looks at the new one: what
 * protected this machine until now may be gone, and nobody else says so.
 * @loaded_before: host_loaded() of crash kernels, before the load.
 */
void load_mourn_crash_kernel(const struct load *l, int loaded_before);

/* Why kexec_load(2) would lose what Kexec HandOver preserves, static; NULL: it would not. */
const char *load_loses_handover(const struct load *l);

/* By kexec_load(2): places the segments, shows the plan, and unless it is a dry run, loads. */
enum kexec_exit load_classic(struct load *l);

#endif
