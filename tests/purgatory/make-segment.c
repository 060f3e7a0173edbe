// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a purgatory segment as the program would load it, for a machine of the test's:
 *
 *	make-segment OUT [WORD=VALUE..] [range=ADDRESS,FILE..]
 *
 * FILE's bytes will be at ADDRESS; the digest is libcrypto's, of the pieces of all files in
 * order. The words are those of struct purgatory_params.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/purgatory-segment.h"
#include "lib/digest.h"

/* So that the files of the tests, which have tens of KiB, are many. */
#define PIECE 4096

static void die(const char *what, const char *text)
{
	fprintf(stderr, "make-segment: %s: %s\n", what, text);
	exit(1);
}

static void add_piece(struct digest *digest, struct span piece)
{
	unsigned char found[DIGEST_SIZE];
	struct digest *d = NULL;

	if (digest_new(&d, NULL) < 0 || digest_add(d, piece, NULL) < 0 ||
	    digest_finish(d, found, NULL) < 0 ||
	    digest_add(digest, (struct span){ found, sizeof(found) }, NULL) < 0)
		die("digest", "failed");
	digest_free(d);
}

static void add_range(struct purgatory_params *p, struct digest *digest, char *value)
{
	struct purgatory_range *range = &p->ranges[p->nr_ranges++];
	unsigned char piece[PIECE];
	char *path;
	size_t nr;
	FILE *f;

	range->start = strtoull(value, &path, 0);
	f = *path == ',' && path[1] ? fopen(path + 1, "rb") : NULL;
	if (!f)
		die(value, "no ADDRESS,FILE");
	while ((nr = fread(piece, 1, sizeof(piece), f)) > 0) {
		range->len += nr;
		add_piece(digest, (struct span){ piece, nr });
	}
	fclose(f);
}

/* A range that has no bytes to be hashed: for purgatory to trip over. */
static void add_hole(struct purgatory_params *p, const char *value)
{
	p->ranges[p->nr_ranges++] = (struct purgatory_range){ strtoull(value, NULL, 0), 4096 };
}

static void set(struct purgatory_params *p, const char *word, const char *value)
{
	uint64_t number = strtoull(value, NULL, 0);

	if (strcmp(word, "entry") == 0)
		p->kernel_entry = number;
	else if (strcmp(word, "arg") == 0)
		p->kernel_arg = number;
	else if (strcmp(word, "flags") == 0)
		p->flags = (uint32_t)number;
	else if (strcmp(word, "serial") == 0)
		p->serial = number;
	else if (strcmp(word, "baud") == 0)
		p->serial_baud = (uint32_t)number;
	else if (strcmp(word, "uart") == 0)
		p->serial_uart = (uint32_t)number;
	else
		die(word, "no such word");
}

static void write_segment(const char *path, const struct blob *b)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(b->data, 1, b->size, f) != b->size || fclose(f) != 0)
		die(path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct purgatory_params p = { .piece = PIECE };
	struct digest *digest = NULL;
	autoblob struct blob b = { 0 };
	uint64_t memsz = 0;
	struct why w = { 0 };

	if (argc < 2 || digest_new(&digest, &w) < 0)
		die("cannot start", w.text);
	for (int i = 2; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			die(argv[i], "not WORD=VALUE");
		*value++ = 0;
		if (strcmp(argv[i], "range") == 0)
			add_range(&p, digest, value);
		else if (strcmp(argv[i], "hole") == 0)
			add_hole(&p, value);
		else
			set(&p, argv[i], value);
	}
	if (digest_finish(digest, p.sha256, &w) < 0 || purgatory_build(&b, &p, &memsz, &w) < 0)
		die("cannot build", w.text);
	digest_free(digest);
	write_segment(argv[1], &b);
	printf("%" PRIu64 " bytes, %" PRIu64 " in memory\n", b.size, memsz);
	return 0;
}
