// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec-image sign-parser */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/appended.h"
#include "bpf/parser-check.h"
#include "bpf/source.h"
#include "kexec/image.h"
#include "kexec/out-file.h"
#include "kexec/pkcs7-sign.h"
#include "lib/blob.h"
#include "lib/cleanup.h"
#include "lib/log.h"

const char image_sign_parser_help[] =
	"Usage: kexec-image sign-parser --key=KEY --cert=CERT [OPTION...] PARSER\n\n"
	"Appends a signature to PARSER, a detached parser as parser-container makes it, in\n"
	"the form that Linux has for its modules. The running kernel must know CERT.\n\n"
	"  --key=KEY           the private key: PEM, not encrypted\n"
	"  --cert=CERT         its certificate: PEM or DER\n"
	"  -o, --output=OUT    write the signed parser to OUT instead of PARSER\n"
	"  --replace           replace a signature that is there already\n"
	"  --help              show this text\n";

struct arguments {
	const char *parser, *key, *cert, *out;
	bool replace, help;
};

static int parse_arguments(struct arguments *ret, int argc, char **argv)
{
	const struct image_option options[] = {
		{ "key", .value = &ret->key },
		{ "cert", .value = &ret->cert },
		{ "output", 'o', .value = &ret->out },
		{ "replace", .flag = &ret->replace },
	};
	int first = image_options(argc, argv, options, ARRAY_SIZE(options), &ret->help);

	if (first < 0 || ret->help)
		return first < 0 ? first : 0;
	if (argc - first != 1 || !ret->key || !ret->cert)
		return -EINVAL;
	ret->parser = argv[first];
	if (!ret->out)
		ret->out = ret->parser;
	return 0;
}

static int open_signer(struct signer **ret, const struct arguments *a, struct why *w)
{
	autoblob struct blob key = { 0 }, cert = { 0 };
	int r = blob_open(&key, a->key, w);

	if (r < 0) {
		why_prefix(w, "%s: ", a->key);
		return r;
	}
	r = blob_open(&cert, a->cert, w);
	if (r < 0) {
		why_prefix(w, "%s: ", a->cert);
		return r;
	}
	return signer_read(ret, &key, &cert, w);
}

/* What has the sign of approval on it should be what it says it is. */
static int check(const struct arguments *a, struct span parser, uint64_t signature, struct why *w)
{
	struct why unknown = { 0 };
	int r;

	if (signature > 0 && !a->replace)
		return why(w, -EEXIST, "is signed already; --replace replaces its signature");
	r = parser_check(parser, &unknown);
	if (r == -EOPNOTSUPP)
		log_error("warning: %s: cannot be checked: %s", a->parser, unknown.text);
	else if (r < 0)
		return why(w, r, "%s", unknown.text);
	return 0;
}

static enum image_exit write_signed(const char *path, struct span parser, struct span signature)
{
	static const unsigned char text[] = APPENDED_TEXT;
	unsigned char block[APPENDED_BLOCK];
	autoout struct out_file o = { 0 };
	struct why w = { 0 };

	/* Nothing is read any more: OUT may be PARSER. */
	if (out_file_create(&o, path, NULL, 0, &w) < 0)
		return image_failed(NULL, &w);
	appended_block(block, signature.size);
	out_file_bytes(&o, parser);
	out_file_bytes(&o, signature);
	out_file_bytes(&o, (struct span){ block, sizeof(block) });
	out_file_bytes(&o, (struct span){ text, sizeof(text) - 1 });
	return out_file_commit(&o, &w) < 0 ? image_failed(NULL, &w) : IMAGE_EXIT_OK;
}

static enum image_exit sign(const struct arguments *a, const struct blob *file)
{
	autosigner struct signer *signer = NULL;
	autofree unsigned char *parser = NULL, *signature = NULL;
	uint64_t old_signature = 0;
	size_t size = 0, signature_size = 0;
	struct why w = { 0 };
	int r = bpf_source_read(&parser, &size, &old_signature, file, &w);

	if (r == 0)
		r = check(a, (struct span){ parser, size }, old_signature, &w);
	if (r < 0)
		return image_failed(a->parser, &w);
	if (open_signer(&signer, a, &w) < 0 ||
	    signer_sign(&signature, &signature_size, (struct span){ parser, size }, signer, &w) < 0)
		return image_failed(NULL, &w);
	return write_signed(a->out, (struct span){ parser, size },
			    (struct span){ signature, signature_size });
}

enum image_exit image_sign_parser(int argc, char **argv)
{
	autoblob struct blob file = { 0 };
	struct arguments a = { 0 };
	struct why w = { 0 };

	if (parse_arguments(&a, argc, argv) < 0)
		return image_usage("sign-parser", "expected --key=KEY --cert=CERT [OPTION...] PARSER");
	if (a.help) {
		fputs(image_sign_parser_help, stdout);
		return IMAGE_EXIT_OK;
	}
	if (blob_open(&file, a.parser, &w) < 0)
		return image_failed(a.parser, &w);
	return sign(&a, &file);
}
