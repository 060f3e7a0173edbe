// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "bpf/locate.h"
#include "kexec/cross-check.h"
#include "kexec/file-type.h"
#include "lib/cleanup.h"

/* An opinion about the input, not a failure to form one. */
static bool is_refusal(int r)
{
	return r == -ENOEXEC || r == -EBADMSG || r == -EOPNOTSUPP || r == -E2BIG;
}

/* Programs leave that to the loader behind them; ours is the table of formats. */
static int check_bare_kernel(struct boot_image *img, struct why *w)
{
	const struct file_type *ft;

	for (size_t i = 0; (ft = file_type_row(i)); i++) {
		int r;

		if (ft->shape != BARE_KERNEL)
			continue;
		r = ft->open(img, w);
		if (r != -ENOEXEC) {
			why_prefix(w, "what the parser program names as kernel: ");
			return r;
		}
	}
	return why(w, -EBADMSG, "what the parser program names as kernel is none");
}

static int run_parsers(struct cross_check *c, const struct blob *file)
{
	autoblob struct blob copy = { 0 };
	int r = blob_dup(&copy, file, &c->parsers_why);

	return r < 0 ? r : file_type_open(&c->parsers, &copy, NULL, &c->parsers_why);
}

static int run_program(struct cross_check *c, const struct blob *file,
		       const struct bpf_options *o)
{
	autoimage struct boot_image img = { 0 };
	autoblob struct blob copy = { 0 };
	int r = blob_dup(&copy, file, &c->program_why);

	if (r == 0)
		r = bpf_run(&img, &copy, o, &c->program_why);
	if (r == 0)
		r = check_bare_kernel(&img, &c->program_why);
	/* What a loader does not support is refused; what our machine lacks, is unknown. */
	if (r == -EOPNOTSUPP && img.kernel.bytes.blob)
		r = -EBADMSG;
	if (r < 0)
		return r;
	c->program = img;
	img = (struct boot_image){ 0 };
	return 0;
}

static bool has_program(const struct blob *file, const struct bpf_options *o)
{
	struct extent image = blob_whole(file), program;

	return (o && o->parser) || bpf_locate(&program, &image, NULL) != -ENOEXEC;
}

static enum cross_verdict refusal_verdict(int parsers, int program)
{
	if (parsers < 0 && program < 0)
		return CROSS_BOTH_REFUSE;
	if (parsers < 0)
		return CROSS_ONLY_PROGRAM;
	return program == -EOPNOTSUPP ? CROSS_UNKNOWN : CROSS_ONLY_PARSERS;
}

/* With what the parsers say in place: what does the program say, and is it the same? */
static int hear_program(struct cross_check *c, int parsers, const struct blob *file,
			const struct bpf_options *o, struct why *w)
{
	int program, r;

	if (!has_program(file, o)) {
		c->verdict = CROSS_NO_PROGRAM;
		return 0;
	}
	program = run_program(c, file, o);
	if (program < 0 && !is_refusal(program))
		return why(w, program, "%s", c->program_why.text);
	if (parsers < 0 || program < 0) {
		c->verdict = refusal_verdict(parsers, program);
		return 0;
	}
	r = boot_image_compare(&c->diff, &c->parsers, &c->program, w);
	if (r < 0)
		return r;
	c->verdict = r ? CROSS_DIFFERENT : CROSS_EQUAL;
	return 0;
}

int cross_check(struct cross_check *ret, const struct blob *file, const struct bpf_options *o,
		struct why *w)
{
	autocross struct cross_check c = { 0 };
	int parsers = run_parsers(&c, file), r;

	if (parsers < 0 && !is_refusal(parsers))
		return why(w, parsers, "%s", c.parsers_why.text);
	r = hear_program(&c, parsers, file, o, w);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct cross_check){ 0 };
	return 0;
}

int cross_check_opened(struct cross_check *ret, struct boot_image *parsers,
		       const struct bpf_options *o, struct why *w)
{
	struct cross_check c = { .parsers = *parsers };
	int r = hear_program(&c, 0, parsers->blobs[0], o, w);

	if (r < 0) {
		boot_image_done(&c.program);
		return r;
	}
	*parsers = (struct boot_image){ 0 };
	*ret = c;
	return 0;
}

const char *cross_verdict_name(enum cross_verdict v)
{
	static const char *const names[] = {
		[CROSS_EQUAL] = "equal",
		[CROSS_DIFFERENT] = "different",
		[CROSS_ONLY_PARSERS] = "only-parsers",
		[CROSS_ONLY_PROGRAM] = "only-program",
		[CROSS_BOTH_REFUSE] = "both-refuse",
		[CROSS_NO_PROGRAM] = "no-program",
		[CROSS_UNKNOWN] = "unknown",
	};

	return v < ARRAY_SIZE(names) ? names[v] : "unknown";
}

void cross_check_done(struct cross_check *c)
{
	boot_image_done(&c->parsers);
	boot_image_done(&c->program);
	*c = (struct cross_check){ 0 };
}
