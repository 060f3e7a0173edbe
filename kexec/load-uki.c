// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a user may choose about a unified kernel image, as the stub would let
 * them at boot: its profile, addons, the initrds that the stub makes up.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/addon.h"
#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "kexec/load-work.h"
#include "kexec/stub-initrd.h"
#include "lib/log.h"

static bool is_uki(const struct boot_image *img)
{
	for (size_t i = 0; i < img->nr_layers; i++)
		if (img->layers[i] == &file_type_uki)
			return true;
	return false;
}

/*
 * The stub takes "@N" in front of what it is given for the number of a profile.
 * Returns the bytes of it, with the space behind; 0: that is no such thing.
 */
static size_t read_selector(unsigned int *ret, const char *cmdline)
{
	unsigned long number;
	char *end;

	if (!cmdline || cmdline[0] != '@' || !isdigit((unsigned char)cmdline[1]))
		return 0;
	errno = 0;
	number = strtoul(cmdline + 1, &end, 10);
	if (errno || number > UINT32_MAX || (*end && *end != ' '))
		return 0;
	*ret = number;
	return end - cmdline + (*end == ' ');
}

/* --profile=N is a number, anything else the profile's name. */
static void read_option(struct uki_choice *ret, const char *profile)
{
	unsigned long number;
	char *end;

	*ret = (struct uki_choice){ .id = profile };
	if (!isdigit((unsigned char)profile[0]))
		return;
	errno = 0;
	number = strtoul(profile, &end, 10);
	if (!errno && number <= UINT32_MAX && !*end)
		*ret = (struct uki_choice){ .number = number };
}

/* Which profile the options name. False: none, or the one that is opened anyway. */
static bool find_choice(struct load *l)
{
	const char *profile = l->o->profile;
	size_t len;

	l->cmdline = l->o->cmdline;
	if (profile) {
		read_option(&l->choice, profile);
		return l->choice.id || l->choice.number > 0;
	}
	if (!is_uki(&l->image))
		return false;
	len = read_selector(&l->choice.number, l->o->cmdline);
	if (len > 0)
		l->cmdline += len;
	return l->choice.number > 0;
}

enum kexec_exit load_choose_profile(struct load *l)
{
	autoimage struct boot_image chosen = { 0 };
	autoblob struct blob file = { 0 };
	struct why w = { 0 };
	int r = 0;

	l->has_choice = find_choice(l);
	if (!l->has_choice) {
		if (l->o->profile && !is_uki(&l->image))
			r = why(&w, -EINVAL, "--profile: is no unified kernel image");
	} else if (l->host.sig_force == 1 && !l->o->crash) {
		r = why(&w, -EPERM, "another profile than the first is not what a kernel that "
			"enforces signatures would start");
	} else {
		r = blob_dup(&file, l->image.blobs[0], &w);
		if (r == 0)
			r = file_type_open_profile(&chosen, &file, NULL, &l->choice, &w);
	}
	if (r < 0)
		return load_complain(KEXEC_EXIT_FAILED, "Cannot load", l->o->kernel, &w);
	if (!l->has_choice)
		return KEXEC_EXIT_OK;
	boot_image_done(&l->image);
	l->image = chosen;
	chosen = (struct boot_image){ 0 };
	return KEXEC_EXIT_OK;
}

/* A found one is left out if it does not fit; one that was asked for must. */
static int add_addon(struct load *l, const struct addon_target *target, const char *path,
		     bool asked_for, struct why *w)
{
	struct blob file = { 0 };
	struct why reason = { 0 };
	int r = blob_open(&file, path, &reason);

	if (r == 0)
		r = addon_apply(&l->image, &file, target, &reason);
	if (r == 0) {
		log_debug("addon: %s", path);
		return 0;
	}
	if (r > 0 && !asked_for) {
		log_debug("addon: %s is left out: %s", path, reason.text);
		return 0;
	}
	return why(w, r < 0 ? r : -EINVAL, "addon %s: %s", path, reason.text);
}

static int add_found(struct load *l, const struct addon_target *target, struct why *w)
{
	int r = 0;

	for (int global = 1; r == 0 && global >= 0; global--) {
		autosidecars struct sidecars found = { 0 };

		r = sidecars_find(&found, l->o->kernel, &addon_kind, global, w);
		if (r == 0 && found.nr > 0 && l->host.sig_force == 1)
			return why(w, -EPERM, "this kernel enforces signatures, and none covers an "
				   "image with addons (%s); --no-addons loads it without",
				   found.path[0]);
		for (size_t i = 0; r == 0 && i < found.nr; i++)
			r = add_addon(l, target, found.path[i], false, w);
	}
	return r;
}

static int add_addons(struct load *l, struct why *w)
{
	const struct kexec_options *o = l->o;
	autotarget struct addon_target target = { 0 };
	int r = addon_target_read(&target, &l->image, w);

	if (r == 0 && !o->no_addons)
		r = add_found(l, &target, w);
	for (size_t i = 0; r == 0 && i < o->nr_addons; i++)
		r = add_addon(l, &target, o->addons[i], true, w);
	return r;
}

/* Only a file that is a UKI, unpacked by nobody, has a stub and a folder of its own. */
enum kexec_exit load_add_to_uki(struct load *l)
{
	const struct kexec_options *o = l->o;
	bool asked_for = o->nr_addons > 0 || o->stub_initrds;
	struct why w = { 0 };
	int r = 0;

	if (l->image.layers[0] != &file_type_uki && !asked_for)
		return KEXEC_EXIT_OK;
	if (o->crash && o->nr_addons > 0)
		r = why(&w, -EINVAL, "--addon: a crash kernel is started without addons");
	else if (l->host.sig_force == 1 && asked_for)
		r = why(&w, -EPERM, "--addon and --stub-initrds: this kernel enforces signatures, and none covers these");
	else if (o->stub_initrds)
		r = stub_initrd_add(&l->image, o->kernel, l->has_choice ? &l->choice : NULL, &w);
	if (r == 0 && !o->crash)
		r = add_addons(l, &w);
	return r == 0 ? KEXEC_EXIT_OK :
			load_complain(KEXEC_EXIT_FAILED, "Cannot load", o->kernel, &w);
}
