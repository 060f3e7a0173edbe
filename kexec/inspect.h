/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to see of an image: the layers inside each other as the format
 * table opens them, the sections of those that are PE files, who signed them,
 * and what becomes of it all. Finds out, and describes as text or as JSON; prints
 * nothing. Drives the formats, knows none: what a section is used for follows
 * from where the parts of the boot_image lie.
 */
#ifndef KEXEC_INSPECT_H
#define KEXEC_INSPECT_H

#include <stdbool.h>
#include <stdio.h>

#include "kexec/authenticode.h"
#include "kexec/boot-image.h"
#include "kexec/boot-image-compare.h"
#include "kexec/formats/formats.h"
#include "kexec/formats/pe.h"
#include "kexec/pkcs7.h"

struct inspect_section {
	unsigned int slice; /* 0: the base; n: profile @(n - 1) */
	const char *use;    /* "kernel", "initrd", ..; NULL: it is ignored */
	const char *note;   /* why it is ignored, or more about it; NULL: nothing to say */
	bool hashed;
	unsigned char sha256[DIGEST_SIZE];
	unsigned char *text; /* owned; what it says, for those that hold text; NULL: none */
	size_t text_len;
	bool text_cut; /* it is longer than LIMIT_SHOWN_TEXT */
};

enum inspect_verdict {
	SIGNATURE_GOOD,       /* signed, and the image is what was signed */
	SIGNATURE_OTHER,      /* signed, but the image is another */
	SIGNATURE_BAD,        /* the signer did not sign this, or is unknown */
	SIGNATURE_UNREADABLE,
};
/* "good", "other-bytes", "bad", "unreadable" */
const char *inspect_verdict_name(enum inspect_verdict v);

struct inspect_signature {
	struct authenticode_entry entry;
	struct signature signature; /* unless unreadable */
	enum inspect_verdict verdict;
	struct why why; /* if unreadable */
};

struct inspect_layer {
	struct boot_part part;          /* where it is, and what it was unpacked from */
	const struct file_type *format; /* NULL: none that could be opened */
	bool hashed;
	unsigned char sha256[DIGEST_SIZE];

	bool is_pe;
	struct why pe_why; /* it looks like a PE file, but is none that could be read */
	struct pe pe;
	struct inspect_section *sections; /* owned; as many as pe has, or .nr_envelope */
	bool overlap; /* sections overlap, so none was hashed */
	struct envelope_section *envelope; /* owned; of an ELF envelope */
	size_t nr_envelope;

	/* Authenticode; SHA-256, and what its signatures use. */
	bool digested[DIGEST_KINDS];
	unsigned char digest[DIGEST_KINDS][DIGEST_MAX];
	struct why digest_why; /* why there is none */
	struct inspect_signature *signatures; /* owned */
	size_t nr_signatures;
	struct why signatures_why; /* the table is malformed behind these */
};

struct inspect {
	uint64_t size; /* of the file */
	struct boot_image img;
	struct why why; /* why it would not be loaded; .err 0: it would */
	struct inspect_layer layers[LIMIT_LAYERS]; /* outermost first */
	size_t nr_layers;
	bool part_hashed[BOOT_IMAGE_PARTS];
	unsigned char part_sha256[BOOT_IMAGE_PARTS][DIGEST_SIZE];
	const char *parser_kind; /* NULL: no parser program */
	bool parser_hashed;
	unsigned char parser_sha256[DIGEST_SIZE];
	bool wants_trust; /* a trusted certificate was given .. */
	bool trusted;     /* .. and a good signature of the file itself is by it */
};

/*
 * Takes @file over. What is wrong with the image is in @ret->why and no error:
 * those are -ENOMEM and -errno of reading. @trust may be NULL.
 */
int inspect_file(struct inspect *ret, struct blob *file, const struct trust *trust,
		 struct why *w);
void inspect_done(struct inspect *i);
#define autoinspect __attribute__((cleanup(inspect_done)))

/* For inspect.c: fills in one layer's sections. @nr: which layer. */
int inspect_sections(struct inspect *i, size_t nr, struct why *w);
/* The same of an ELF envelope; of anything else it does nothing. */
int inspect_envelope(struct inspect *i, size_t nr, struct why *w);

/* Both need no more than memory for the stream. @name: of the file, may be anything. */
void inspect_text(FILE *f, const struct inspect *i, const char *name);
void inspect_json(FILE *f, const struct inspect *i, const char *name);
#define INSPECT_SCHEMA 1 /* of the JSON: kexec-image(1) says what changes it */

#endif
