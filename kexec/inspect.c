// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/file-type.h"
#include "kexec/inspect.h"
#include "lib/cleanup.h"

const char *inspect_verdict_name(enum inspect_verdict v)
{
	switch (v) {
	case SIGNATURE_GOOD:
		return "good";
	case SIGNATURE_OTHER:
		return "other-bytes";
	case SIGNATURE_BAD:
		return "bad";
	default:
		return "unreadable";
	}
}

/* Something about the image, to be shown; all else ends the whole. */
static bool is_finding(int r)
{
	return r == -EBADMSG || r == -EOPNOTSUPP || r == -E2BIG || r == -ENOEXEC;
}

/* Without libcrypto there are no digests, and that is no error. */
static int hash(bool *ret_hashed, unsigned char ret[DIGEST_SIZE], const struct extent *e,
		struct why *w)
{
	struct why ignored = { 0 };
	int r = digest_extent(ret, e, &ignored);

	*ret_hashed = r == 0;
	return r == 0 || is_finding(r) ? 0 : why(w, r, "%s", ignored.text);
}

static enum inspect_verdict verdict_of(const struct signature *s, const unsigned char *digest)
{
	if (!s->sound)
		return SIGNATURE_BAD;
	return memcmp(s->digest, digest, digest_size(s->kind)) == 0 ? SIGNATURE_GOOD :
								      SIGNATURE_OTHER;
}

/* Once for each kind: there may be many signatures of a large file. */
static int read_digest(struct inspect_layer *l, enum digest_kind kind)
{
	int r = 0;

	if (!l->digested[kind])
		r = authenticode_digest(l->digest[kind], kind, &l->part.bytes, &l->pe,
					&l->digest_why);
	l->digested[kind] = r == 0;
	return r;
}

static int read_signature(struct inspect_signature *s, struct inspect_layer *l,
			  const struct trust *trust)
{
	int r;

	s->verdict = SIGNATURE_UNREADABLE;
	if (s->entry.type != AUTHENTICODE_PKCS7)
		return why(&s->why, -EOPNOTSUPP, "certificate of type %u", s->entry.type);
	r = signature_read(&s->signature, &s->entry.content, trust, &s->why);
	if (r < 0)
		return r;
	r = read_digest(l, s->signature.kind);
	if (r < 0)
		return why(&s->why, r, "%s", l->digest_why.text);
	s->verdict = verdict_of(&s->signature, l->digest[s->signature.kind]);
	return 0;
}

static int read_signatures(struct inspect_layer *l, const struct trust *trust, struct why *w)
{
	struct authenticode_entry entries[LIMIT_SIGNATURES];
	size_t nr = 0;
	int r = authenticode_entries(entries, &nr, &l->part.bytes, &l->pe, &l->signatures_why);

	if (r < 0 && !is_finding(r))
		return why(w, r, "%s", l->signatures_why.text);
	if (nr == 0)
		return 0;
	l->signatures = calloc(nr, sizeof(*l->signatures));
	if (!l->signatures)
		return why(w, -ENOMEM, "out of memory");
	for (; l->nr_signatures < nr; l->nr_signatures++) {
		struct inspect_signature *s = &l->signatures[l->nr_signatures];

		s->entry = entries[l->nr_signatures];
		r = read_signature(s, l, trust);
		if (r < 0 && !is_finding(r))
			return why(w, r, "%s", s->why.text);
	}
	return 0;
}

static int read_pe(struct inspect *i, size_t nr, const struct trust *trust, struct why *w)
{
	struct inspect_layer *l = &i->layers[nr];
	int r = pe_read(&l->pe, &l->part.bytes, &l->pe_why);

	if (r < 0)
		return is_finding(r) ? 0 : why(w, r, "%s", l->pe_why.text);
	l->is_pe = true;
	r = inspect_sections(i, nr, w);
	if (r < 0)
		return r;
	r = read_digest(l, DIGEST_SHA256);
	if (r < 0 && !is_finding(r))
		return why(w, r, "%s", l->digest_why.text);
	return read_signatures(l, trust, w);
}

/* What could not be opened is the last layer, without a format. */
static void find_layers(struct inspect *i)
{
	const struct boot_image *img = &i->img;

	for (size_t k = 0; k < LIMIT_LAYERS && img->opened[k].bytes.blob; k++) {
		i->layers[k].part = img->opened[k];
		i->layers[k].format = k < img->nr_layers ? img->layers[k] : NULL;
		i->nr_layers++;
	}
}

static const char *parser_kind(const struct extent *program)
{
	Elf64_Ehdr eh = { 0 };
	int n = extent_head(program, &eh, sizeof(eh), NULL);

	if (n < 0 || !span_is((struct span){ (unsigned char *)&eh, n }, 0, ELFMAG, SELFMAG))
		return "unknown";
	if (le16toh(eh.e_machine) == EM_BPF && le16toh(eh.e_type) == ET_REL)
		return "bpf-object";
	return "other-elf"; /* a light skeleton, or a container of programs */
}

static int read_parser(struct inspect *i, struct why *w)
{
	if (!i->img.parser.blob)
		return 0;
	i->parser_kind = parser_kind(&i->img.parser);
	return hash(&i->parser_hashed, i->parser_sha256, &i->img.parser, w);
}

static int read_parts(struct inspect *i, struct why *w)
{
	for (enum boot_image_part p = 0; i->why.err == 0 && p < BOOT_IMAGE_PARTS; p++) {
		struct why ignored = { 0 };
		int r = boot_image_digest(&i->img, p, i->part_sha256[p], &ignored);

		i->part_hashed[p] = r == 0;
		if (r < 0 && !is_finding(r))
			return why(w, r, "%s", ignored.text);
	}
	return 0;
}

/* The file's own signatures count: the kernel inside may be signed by anyone. */
static bool is_trusted(const struct inspect *i)
{
	const struct inspect_layer *l = &i->layers[0];

	for (size_t k = 0; i->nr_layers > 0 && k < l->nr_signatures; k++) {
		const struct inspect_signature *s = &l->signatures[k];

		if (s->verdict == SIGNATURE_GOOD && s->signature.trusted)
			return true;
	}
	return false;
}

static int inspect(struct inspect *i, struct blob *file, const struct trust *trust, struct why *w)
{
	int r;

	i->size = file->size;
	i->wants_trust = trust;
	r = file_type_peel(&i->img, file, NULL, &i->why);
	if (r < 0 && !is_finding(r))
		return why(w, r, "%s", i->why.text);
	find_layers(i);
	r = read_parser(i, w);
	for (size_t k = 0; r == 0 && k < i->nr_layers; k++) {
		struct inspect_layer *l = &i->layers[k];

		r = hash(&l->hashed, l->sha256, &l->part.bytes, w);
		if (r == 0)
			r = read_pe(i, k, trust, w);
		if (r == 0)
			r = inspect_envelope(i, k, w);
	}
	if (r == 0)
		r = read_parts(i, w);
	i->trusted = is_trusted(i);
	return r;
}

int inspect_file(struct inspect *ret, struct blob *file, const struct trust *trust,
		 struct why *w)
{
	struct inspect *i = calloc(1, sizeof(*i));
	int r;

	if (!i) {
		blob_done(file);
		return why(w, -ENOMEM, "out of memory");
	}
	r = inspect(i, file, trust, w);
	if (r == 0)
		*ret = *i;
	else
		inspect_done(i);
	free(i);
	return r;
}

static void layer_done(struct inspect_layer *l)
{
	size_t nr = l->is_pe ? l->pe.nr_sections : l->nr_envelope;

	for (size_t k = 0; l->sections && k < nr; k++)
		free(l->sections[k].text);
	free(l->envelope);
	for (size_t k = 0; k < l->nr_signatures; k++)
		signature_done(&l->signatures[k].signature);
	free(l->sections);
	free(l->signatures);
	pe_done(&l->pe);
}

void inspect_done(struct inspect *i)
{
	for (size_t k = 0; k < i->nr_layers; k++)
		layer_done(&i->layers[k]);
	boot_image_done(&i->img);
	*i = (struct inspect){ 0 };
}
