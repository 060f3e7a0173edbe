// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec-image inspect */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec/image.h"
#include "kexec/inspect.h"
#include "lib/blob.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/progress.h"

const char image_inspect_help[] =
	"Usage: kexec-image inspect [OPTION...] FILE\n\n"
	"Shows what is inside FILE, layer by layer: sections with their places, sizes and\n"
	"digests, what is used to boot and what is not, signatures, the parser program.\n\n"
	"  --json          print a JSON object; kexec-image(1) describes it\n"
	"  --verify=CERT   is there a good signature of FILE by this certificate (PEM or\n"
	"                  DER), or by one that it issued?\n"
	"  --help          show this text\n\n"
	"Exit codes: 0 kexec would take the file apart like this; 1 it would refuse it;\n"
	"2 reading failed. With --verify: 0 there is such a signature; 1 there is none.\n";

struct arguments {
	const char *file, *cert;
	bool json, help;
};

static int parse_arguments(struct arguments *ret, int argc, char **argv)
{
	const struct image_option options[] = {
		{ "json", .flag = &ret->json },
		{ "verify", .value = &ret->cert },
	};
	int first = image_options(argc, argv, options, ARRAY_SIZE(options), &ret->help);

	if (first < 0 || ret->help)
		return first < 0 ? first : 0;
	if (argc - first != 1)
		return -EINVAL;
	ret->file = argv[first];
	return 0;
}

static int read_trust(struct trust **ret, const char *path, struct why *w)
{
	autoblob struct blob file = { 0 };
	struct extent all;
	int r = blob_open(&file, path, w);

	if (r < 0)
		return r;
	all = blob_whole(&file);
	return trust_read(ret, &all, w);
}

/* What is said on standard error when the answer is no. */
static enum image_exit conclude(const struct arguments *a, const struct inspect *i)
{
	if (a->cert && i->trusted)
		return IMAGE_EXIT_OK;
	if (a->cert) {
		log_error("%s: no good signature by the certificate in %s", a->file, a->cert);
		return IMAGE_EXIT_REFUSED;
	}
	return i->why.err ? image_failed(a->file, &i->why) : IMAGE_EXIT_OK;
}

enum image_exit image_inspect(int argc, char **argv)
{
	autoinspect struct inspect i = { 0 };
	autoblob struct blob file = { 0 };
	struct progress_line line;
	struct trust *trust = NULL;
	struct arguments a = { 0 };
	struct why w = { 0 };
	int r;

	if (parse_arguments(&a, argc, argv) < 0)
		return image_usage("inspect", "expected [OPTION...] FILE");
	if (a.help) {
		fputs(image_inspect_help, stdout);
		return IMAGE_EXIT_OK;
	}
	if (a.cert && read_trust(&trust, a.cert, &w) < 0)
		return image_failed(a.cert, &w);
	r = blob_open(&file, a.file, &w);
	file.progress = progress_terminal(&line);
	if (r == 0)
		r = inspect_file(&i, &file, trust, &w);
	trust_free(trust);
	if (r < 0)
		return image_failed(a.file, &w);
	if (a.json)
		inspect_json(stdout, &i, a.file);
	else
		inspect_text(stdout, &i, a.file);
	return conclude(&a, &i);
}
