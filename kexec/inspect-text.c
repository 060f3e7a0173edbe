// SPDX-License-Identifier: GPL-2.0-or-later
/* What inspect.h found, for people: a tree, indented. */
#include <inttypes.h>
#include <string.h>

#include "kexec/file-type.h"
#include "kexec/inspect.h"
#include "lib/decompress.h"
#include "lib/escape.h"

#define STEP 4 /* of indentation */

static void indent(FILE *f, unsigned int depth)
{
	fprintf(f, "%*s", STEP * (int)depth, "");
}

static void print_digest(FILE *f, unsigned int depth, const unsigned char sha256[DIGEST_SIZE])
{
	char text[DIGEST_TEXT];

	digest_text(text, sha256);
	indent(f, depth);
	fprintf(f, "sha256 %s\n", text);
}

static void print_quoted(FILE *f, struct span text)
{
	fputc('\'', f);
	escape_text(f, text, '\'');
	fputc('\'', f);
}

/* Several lines, os-release for one, one below the other. */
static void print_lines(FILE *f, unsigned int depth, const struct inspect_section *is)
{
	struct span text = { is->text, is->text_len }, line;

	while (text.size > 0) {
		const unsigned char *end = memchr(text.data, '\n', text.size);
		size_t len = end ? (size_t)(end - text.data) : text.size;

		span_sub(&line, text, 0, len);
		indent(f, depth);
		print_quoted(f, line);
		fputc('\n', f);
		len += end ? 1 : 0;
		span_sub(&text, text, len, text.size - len);
	}
	if (is->text_cut) {
		indent(f, depth);
		fputs("(and more)\n", f);
	}
}

static void print_layer(FILE *f, const struct inspect *i, size_t nr, unsigned int depth);

/* Does the next layer come out of this section? */
static bool leads_on(const struct inspect *i, size_t nr, const struct inspect_section *is)
{
	return is->use && strcmp(is->use, "kernel") == 0 && nr + 1 < i->nr_layers;
}

/* What becomes of it, and what is inside of it. */
static bool print_use(FILE *f, const struct inspect *i, size_t nr, const struct inspect_section *is,
		      bool has_bytes, unsigned int depth)
{
	indent(f, depth + 1);
	if (is->use)
		fprintf(f, "used: %s\n", is->use);
	else
		fprintf(f, "ignored: %s\n", is->note);
	if (is->hashed && has_bytes)
		print_digest(f, depth + 1, is->sha256);
	print_lines(f, depth + 1, is);
	if (!leads_on(i, nr, is))
		return false;
	print_layer(f, i, nr + 1, depth + 1);
	return true;
}

static bool print_envelope_section(FILE *f, const struct inspect *i, size_t nr, size_t k,
				   unsigned int depth)
{
	const struct inspect_layer *l = &i->layers[nr];
	const struct envelope_section *s = &l->envelope[k];

	indent(f, depth);
	escape_text(f, span_of(s->name), 0);
	fprintf(f, ": %" PRIu64 " bytes at %#" PRIx64 "\n", s->bytes.len,
		s->bytes.blob ? s->bytes.off - l->part.bytes.off : 0);
	return print_use(f, i, nr, &l->sections[k], s->bytes.len > 0, depth);
}

static bool print_section(FILE *f, const struct inspect *i, size_t nr, size_t k,
			  unsigned int depth)
{
	const struct pe_section *s = &i->layers[nr].pe.sections[k];
	const struct inspect_section *is = &i->layers[nr].sections[k];

	indent(f, depth);
	fprintf(f, "%s", s->name);
	if (is->slice > 0)
		fprintf(f, "@%u", is->slice - 1);
	fprintf(f, ": %" PRIu32 " bytes at %#" PRIx32 " (virtual size %" PRIu32
		   ", in the file %" PRIu32 ")\n",
		s->file_len, s->file_off, s->virtual_size, s->raw_size);
	return print_use(f, i, nr, is, s->file_len > 0, depth);
}

static void print_chain(FILE *f, const struct signature *s, unsigned int depth)
{
	if (s->nr_chain == 0) {
		indent(f, depth);
		fputs("signer unknown: the certificate is not in the signature\n", f);
	}
	for (size_t k = 0; k < s->nr_chain; k++) {
		const struct certificate *c = &s->chain[k];

		indent(f, depth);
		fprintf(f, "%s ", k ? "issued by" : "signer");
		print_quoted(f, span_of(c->subject));
		fprintf(f, ", serial %s, valid %s to %s\n", c->serial, c->not_before,
			c->not_after);
		print_digest(f, depth + 1, c->sha256);
		if (k + 1 < s->nr_chain || strcmp(c->subject, c->issuer) == 0)
			continue;
		indent(f, depth);
		fputs("issued by ", f);
		print_quoted(f, span_of(c->issuer));
		fputs(", whose certificate is not in the signature\n", f);
	}
}

static void print_signature(FILE *f, const struct inspect_signature *s, size_t nr,
			    unsigned int depth)
{
	static const char *const meaning[] = {
		[SIGNATURE_GOOD] = "good: this image is what was signed",
		[SIGNATURE_OTHER] = "for other bytes than this image has",
		[SIGNATURE_BAD] = "bad: not made by the signer that it names, or by an unknown one",
	};
	char text[DIGEST_MAX_TEXT];

	indent(f, depth);
	fprintf(f, "signature %zu: ", nr + 1);
	if (s->verdict == SIGNATURE_UNREADABLE) {
		fputs("unreadable: ", f);
		escape_text(f, span_of(s->why.text), 0);
		fputc('\n', f);
		return;
	}
	fprintf(f, "%s\n", meaning[s->verdict]);
	digest_hex(text, s->signature.digest, digest_size(s->signature.kind));
	indent(f, depth + 1);
	fprintf(f, "over %s %s\n", digest_name(s->signature.kind), text);
	print_chain(f, &s->signature, depth + 1);
}

static void print_reason(FILE *f, unsigned int depth, const char *what, const struct why *w)
{
	if (!w->err)
		return;
	indent(f, depth);
	fprintf(f, "%s: ", what);
	escape_text(f, span_of(w->text), 0);
	fputc('\n', f);
}

static void print_signatures(FILE *f, const struct inspect_layer *l, unsigned int depth)
{
	const char *machine = pe_machine_name(l->pe.machine);
	char text[DIGEST_MAX_TEXT];

	indent(f, depth);
	fprintf(f, "EFI program for %s", machine ? machine : "an unknown machine");
	if (!machine)
		fprintf(f, " (%#x)", l->pe.machine);
	fputc('\n', f);
	for (enum digest_kind k = 0; k < DIGEST_KINDS; k++) {
		if (!l->digested[k])
			continue;
		digest_hex(text, l->digest[k], digest_size(k));
		indent(f, depth);
		fprintf(f, "Authenticode %s %s\n", digest_name(k), text);
	}
	print_reason(f, depth, "no Authenticode digest", &l->digest_why);
	if (l->nr_signatures == 0 && !l->signatures_why.err) {
		indent(f, depth);
		fputs("not signed\n", f);
	}
	for (size_t k = 0; k < l->nr_signatures; k++)
		print_signature(f, &l->signatures[k], k, depth);
	print_reason(f, depth, "certificate table is malformed", &l->signatures_why);
}

/* Where it is in what is around it; or what it was unpacked from. */
static void print_place(FILE *f, const struct boot_part *part)
{
	unsigned char head[CODEC_HEAD];
	const struct codec *codec;
	int n;

	fprintf(f, ", %" PRIu64 " bytes", part->bytes.len);
	if (!part->packed.blob) {
		fputc('\n', f);
		return;
	}
	n = extent_head(&part->packed, head, sizeof(head), NULL);
	codec = n < 0 ? NULL : codec_by_magic((struct span){ head, n });
	fprintf(f, ", unpacked from %" PRIu64 " bytes of %s\n", part->packed.len,
		codec ? codec_name(codec) : part->origin);
}

static void print_layer(FILE *f, const struct inspect *i, size_t nr, unsigned int depth)
{
	const struct inspect_layer *l = &i->layers[nr];
	bool led_on = false;

	indent(f, depth);
	if (l->format)
		fprintf(f, "%s (%s)", l->format->label, l->format->name);
	else
		fputs("no kernel that can be loaded", f);
	print_place(f, &l->part);
	if (l->hashed)
		print_digest(f, depth + 1, l->sha256);
	if (!l->format)
		print_reason(f, depth + 1, "reason", &i->why);
	print_reason(f, depth + 1, "not read as PE file", &l->pe_why);
	if (l->is_pe)
		print_signatures(f, l, depth + 1);
	if (l->overlap) {
		indent(f, depth + 1);
		fputs("sections overlap: their digests are left out\n", f);
	}
	for (size_t k = 0; l->is_pe && k < l->pe.nr_sections; k++)
		led_on |= print_section(f, i, nr, k, depth + 1);
	for (size_t k = 0; k < l->nr_envelope; k++)
		led_on |= print_envelope_section(f, i, nr, k, depth + 1);
	if (!led_on && nr + 1 < i->nr_layers)
		print_layer(f, i, nr + 1, depth + 1);
}

static void print_part(FILE *f, const struct inspect *i, enum boot_image_part p, const char *origin)
{
	fprintf(f, "%s: ", boot_image_part_name(p));
	if (boot_image_part_size(&i->img, p) == 0) {
		fputs("none\n", f);
		return;
	}
	fprintf(f, "%" PRIu64 " bytes, from %s", boot_image_part_size(&i->img, p), origin);
	for (size_t k = 1; p == PART_INITRD && k < i->img.nr_initrd; k++)
		fprintf(f, ", %s", i->img.initrd[k].origin);
	fputc('\n', f);
	if (i->part_hashed[p])
		print_digest(f, 1, i->part_sha256[p]);
}

static void print_parts(FILE *f, const struct inspect *i)
{
	print_part(f, i, PART_KERNEL, i->img.kernel.origin);
	print_part(f, i, PART_INITRD, i->img.initrd[0].origin);
	print_part(f, i, PART_CMDLINE, i->img.cmdline_origin);
	if (i->img.cmdline) {
		indent(f, 1);
		print_quoted(f, span_of(i->img.cmdline));
		fputc('\n', f);
	}
	fputs("not part of the file, so not shown: addons, command lines from SMBIOS\n", f);
}

void inspect_text(FILE *f, const struct inspect *i, const char *name)
{
	escape_text(f, span_of(name), 0);
	fputs(":\n", f);
	if (i->nr_layers > 0)
		print_layer(f, i, 0, 0);
	if (i->parser_kind) {
		fprintf(f, "parser program: %" PRIu64 " bytes at %#" PRIx64 ", %s\n",
			i->img.parser.len, i->img.parser.off, i->parser_kind);
		if (i->parser_hashed)
			print_digest(f, 1, i->parser_sha256);
	}
	if (i->why.err)
		print_reason(f, 0, "would be refused", &i->why);
	else
		print_parts(f, i);
	if (i->wants_trust)
		fprintf(f, "verified: %s\n", i->trusted ?
			"yes, a good signature is by the certificate given" :
			"NO, no good signature is by the certificate given");
}
