// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "kexec/actions.h"
#include "kexec/cross-check.h"
#include "kexec/load-check.h"
#include "lib/cleanup.h"

struct byte_text {
	char text[16];
};

static struct byte_text byte_text(int byte)
{
	struct byte_text t;

	if (byte < 0)
		snprintf(t.text, sizeof(t.text), "the end");
	else
		snprintf(t.text, sizeof(t.text), "%#04x", byte);
	return t;
}

static int differ(const struct boot_image_diff *d, struct why *w)
{
	return why(w, -EBADMSG,
		   "its parser program and kexec disagree: %s differs at byte %llu: %s for the "
		   "program (of %llu bytes), %s for kexec (of %llu)", boot_image_part_name(d->part),
		   (unsigned long long)d->off, byte_text(d->byte[1]).text,
		   (unsigned long long)d->size[1], byte_text(d->byte[0]).text,
		   (unsigned long long)d->size[0]);
}

/* Nobody knows: a reason to go on with a warning, or with "require" to stop. */
static int cannot_tell(const struct load_check *c, const char *reason, struct why *w)
{
	if (c->mode == CROSS_CHECK_REQUIRE || c->mode == CROSS_CHECK_ATTEST)
		return why(w, -EBADMSG, "cannot be cross-checked: %s", reason);
	why(w, -EOPNOTSUPP, "cannot be cross-checked: %s", reason);
	return 1;
}

static int judge(const struct load_check *c, const struct cross_check *cross, struct why *w)
{
	switch (cross->verdict) {
	case CROSS_EQUAL:
		return 0;
	case CROSS_DIFFERENT:
		return differ(&cross->diff, w);
	case CROSS_UNKNOWN:
		return cannot_tell(c, cross->program_why.text, w);
	case CROSS_NO_PROGRAM:
		return cannot_tell(c, "it carries no parser program (section .bpf)", w);
	default:
		return why(w, -EBADMSG, "its parser program refuses it (%s), kexec does not",
			   cross->program_why.text);
	}
}

static int compare(const struct load_check *c, struct boot_image *img, struct why *w)
{
	const struct bpf_options o = { .crash = c->crash, .enforced = c->enforced,
				       .parser = c->parser };
	autocross struct cross_check cross = { 0 };
	int r = cross_check_opened(&cross, img, &o, w);

	if (r < 0)
		return r;
	r = judge(c, &cross, w);
	*img = cross.parsers;
	cross.parsers = (struct boot_image){ 0 };
	return r;
}

int load_check_before(struct load_check *c, struct boot_image *img, struct why *w)
{
	int r;

	if (c->mode == CROSS_CHECK_OFF)
		return 0;
	if (!c->parser && !img->parser.blob)
		return c->mode == CROSS_CHECK_ON ? 0 : cannot_tell(
			c, "it carries no parser program (section .bpf)", w);
	r = compare(c, img, w);
	if (r == 0 && c->mode == CROSS_CHECK_ATTEST) {
		r = attest_expect(&c->expected, img, w);
		c->attests = r == 0;
	}
	return r;
}

/* Only what this load put there: somebody else may have loaded another one since. */
static int unload(const struct load_check *c, const struct sys *sys, uint64_t generation,
		  struct why *w)
{
	struct why more = { 0 };
	int r;

	if (!attest_is_generation(sys, c->crash, generation)) {
		why_prefix(w, "replaced by another load meanwhile: ");
		return 1;
	}
	r = action_unload(sys, c->crash, SYSCALL_FILE, &more);
	if (r < 0) {
		why_prefix(w, "STILL LOADED (%.200s): ", more.text);
		return r;
	}
	why_prefix(w, "unloaded again: ");
	return 1;
}

int load_check_after(const struct load_check *c, const struct sys *sys, struct why *w)
{
	uint64_t generation = 0;
	int r;

	if (!c->attests)
		return 0;
	r = attest_verify(&c->expected, sys, c->crash, &generation, w);
	if (r == 0)
		return 0;
	if (generation == 0) {
		/* Whose load that is cannot be told, so it is not ours to take away. */
		why_prefix(w, "not verified, and still loaded: ");
		return r < 0 ? r : -EBADMSG;
	}
	return unload(c, sys, generation, w);
}
