// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/attest.h"
#include "lib/cleanup.h"
#include "lib/sysfile.h"

#define ATTESTATION "/sys/kernel/kexec_decomposed"

/* The file's words for the parts. */
static const char *const part_words[BOOT_IMAGE_PARTS] = {
	[PART_KERNEL] = "kernel", [PART_INITRD] = "initrd", [PART_CMDLINE] = "cmdline",
};

int attest_expect(struct attest_expected *ret, const struct boot_image *img, struct why *w)
{
	struct attest_expected e = { 0 };

	for (enum boot_image_part p = 0; p < BOOT_IMAGE_PARTS; p++) {
		unsigned char digest[DIGEST_SIZE];
		int r = boot_image_digest(img, p, digest, w);

		if (r < 0)
			return r;
		e.size[p] = boot_image_part_size(img, p);
		digest_text(e.sha256[p], digest);
	}
	*ret = e;
	return 0;
}

int attest_arm(const struct sys *sys, struct why *w)
{
	int r = sysfile_write(sys->root, ATTESTATION, "1\n");

	return r < 0 ? why(w, r, "%s: %s", ATTESTATION, strerror(-r)) : 0;
}

static int read_attestation(char **ret, const struct sys *sys, struct why *w)
{
	int r = sysfile_read(sys->root, ATTESTATION, ret);

	return r < 0 ? why(w, r, "%s: %s", ATTESTATION, strerror(-r)) : 0;
}

/* The rest of the first line that starts with "SLOT WORD "; NULL if there is none. */
static const char *line_of(const char *text, bool crash, const char *word)
{
	char start[32];
	int len = snprintf(start, sizeof(start), "%s %s ", crash ? "crash" : "load", word);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, start, len) == 0)
			return line + len;
	}
	return NULL;
}

/* "N errno N route WORD": the load that fills the slot now. */
static int read_slot(uint64_t *ret_generation, const char *text, bool crash, struct why *w)
{
	const char *line = line_of(text, crash, "gen");
	char route[8];
	uint64_t gen;
	int err;

	if (!line || sscanf(line, "%" SCNu64 " errno %d route %7s", &gen, &err, route) != 3)
		return why(w, -EBADMSG, "%s says nothing about this load", ATTESTATION);
	if (err != 0 || strcmp(route, "whole") != 0)
		return why(w, -EBADMSG, "%s tells of another load (errno %d, route %s)", ATTESTATION,
			   err, route);
	*ret_generation = gen;
	return 0;
}

static int verify_part(const struct attest_expected *e, enum boot_image_part p, const char *text,
		       bool crash, struct why *w)
{
	const char *line = line_of(text, crash, part_words[p]);
	char sha256[DIGEST_TEXT + 1];
	uint64_t size;

	if (!line || sscanf(line, "%" SCNu64 " %65s", &size, sha256) != 2)
		return why(w, -EBADMSG, "%s says nothing about the %s", ATTESTATION,
			   boot_image_part_name(p));
	if (size == e->size[p] && strcmp(sha256, e->sha256[p]) == 0)
		return 0;
	why(w, -EBADMSG, "the kernel found another %s: %" PRIu64 " bytes, SHA-256 %.16s.., here %" PRIu64
	    ", %.16s..", boot_image_part_name(p), size, sha256, e->size[p], e->sha256[p]);
	return 1;
}

int attest_verify(const struct attest_expected *e, const struct sys *sys, bool crash,
		  uint64_t *ret_generation, struct why *w)
{
	autofree char *text = NULL;
	int r = read_attestation(&text, sys, w);

	if (r == 0)
		r = read_slot(ret_generation, text, crash, w);
	for (enum boot_image_part p = 0; r == 0 && p < BOOT_IMAGE_PARTS; p++)
		r = verify_part(e, p, text, crash, w);
	return r;
}

bool attest_is_generation(const struct sys *sys, bool crash, uint64_t generation)
{
	autofree char *text = NULL;
	uint64_t now;

	return read_attestation(&text, sys, NULL) == 0 &&
	       read_slot(&now, text, crash, NULL) == 0 && now == generation;
}
