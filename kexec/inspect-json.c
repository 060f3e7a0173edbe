// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What inspect.h found, as JSON. kexec-image(1) documents every member: whoever
 * changes one here changes it there, and INSPECT_SCHEMA if readers could break.
 */
#include "kexec/file-type.h"
#include "kexec/inspect.h"
#include "lib/decompress.h"
#include "lib/json.h"

static void write_digest(struct json *j, const char *key, bool known, const unsigned char *digest,
			 size_t len)
{
	char text[DIGEST_MAX_TEXT];

	digest_hex(text, digest, known ? len : 0);
	json_string(j, key, known ? text : NULL);
}

static void write_reason(struct json *j, const char *key, const struct why *w)
{
	json_string(j, key, w->err ? w->text : NULL);
}

static void write_use(struct json *j, const struct inspect_section *is)
{
	write_digest(j, "sha256", is->hashed, is->sha256, DIGEST_SIZE);
	json_string(j, "use", is->use);
	json_string(j, "note", is->note);
	if (is->text) {
		json_bytes(j, "text", (struct span){ is->text, is->text_len });
		json_bool(j, "text_cut", is->text_cut);
	}
}

static void write_section(struct json *j, const struct pe_section *s,
			  const struct inspect_section *is)
{
	json_object(j, NULL);
	json_string(j, "name", s->name);
	if (is->slice > 0)
		json_number(j, "profile", is->slice - 1);
	else
		json_null(j, "profile");
	json_number(j, "offset", s->file_off);
	json_number(j, "size", s->file_len);
	json_number(j, "file_size", s->raw_size);
	json_number(j, "virtual_size", s->virtual_size);
	json_number(j, "virtual_address", s->address);
	write_use(j, is);
	json_end(j);
}

static void write_envelope(struct json *j, const struct inspect_layer *l)
{
	if (!l->sections || l->is_pe) {
		json_null(j, "envelope");
		return;
	}
	json_array(j, "envelope");
	for (size_t k = 0; k < l->nr_envelope; k++) {
		const struct envelope_section *s = &l->envelope[k];

		json_object(j, NULL);
		json_string(j, "name", s->name);
		if (s->bytes.blob)
			json_number(j, "offset", s->bytes.off - l->part.bytes.off);
		else
			json_null(j, "offset");
		json_number(j, "size", s->bytes.len);
		write_use(j, &l->sections[k]);
		json_end(j);
	}
	json_end(j);
}

static void write_certificate(struct json *j, const struct certificate *c)
{
	json_object(j, NULL);
	json_string(j, "subject", c->subject);
	json_string(j, "issuer", c->issuer);
	json_string(j, "serial", c->serial);
	json_string(j, "not_before", c->not_before);
	json_string(j, "not_after", c->not_after);
	write_digest(j, "sha256", true, c->sha256, DIGEST_SIZE);
	json_end(j);
}

static void write_signature(struct json *j, const struct inspect_signature *s)
{
	const struct signature *sig = &s->signature;

	json_object(j, NULL);
	json_number(j, "offset", s->entry.off);
	json_number(j, "size", s->entry.len);
	json_number(j, "type", s->entry.type);
	json_string(j, "verdict", inspect_verdict_name(s->verdict));
	write_reason(j, "error", &s->why);
	if (s->verdict != SIGNATURE_UNREADABLE) {
		json_string(j, "digest_algorithm", digest_name(sig->kind));
		write_digest(j, "digest", true, sig->digest, digest_size(sig->kind));
		json_array(j, "chain");
		for (size_t k = 0; k < sig->nr_chain; k++)
			write_certificate(j, &sig->chain[k]);
		json_end(j);
	}
	json_end(j);
}

static void write_pe(struct json *j, const struct inspect_layer *l)
{
	json_object(j, "pe");
	json_string(j, "machine", pe_machine_name(l->pe.machine));
	json_number(j, "machine_id", l->pe.machine);
	json_number(j, "headers_size", l->pe.headers_size);
	json_array(j, "sections");
	for (size_t k = 0; k < l->pe.nr_sections; k++)
		write_section(j, &l->pe.sections[k], &l->sections[k]);
	json_end(j);
	json_object(j, "authenticode");
	for (enum digest_kind k = 0; k < DIGEST_KINDS; k++)
		if (l->digested[k])
			write_digest(j, digest_name(k), true, l->digest[k], digest_size(k));
	write_reason(j, "error", &l->digest_why);
	json_end(j);
	json_array(j, "signatures");
	for (size_t k = 0; k < l->nr_signatures; k++)
		write_signature(j, &l->signatures[k]);
	json_end(j);
	write_reason(j, "signatures_error", &l->signatures_why);
	json_end(j);
}

static void write_packed(struct json *j, const struct extent *packed, const struct extent *around)
{
	unsigned char head[CODEC_HEAD];
	const struct codec *codec;
	int n = extent_head(packed, head, sizeof(head), NULL);

	codec = n < 0 ? NULL : codec_by_magic((struct span){ head, n });
	json_object(j, "packed");
	json_number(j, "offset", packed->off - around->off);
	json_number(j, "size", packed->len);
	json_string(j, "codec", codec ? codec_name(codec) : NULL);
	json_end(j);
}

static void write_layer(struct json *j, const struct inspect *i, size_t nr)
{
	const struct inspect_layer *l = &i->layers[nr];
	const struct extent *around = &i->layers[nr ? nr - 1 : 0].part.bytes;

	json_object(j, NULL);
	json_string(j, "format", l->format ? l->format->name : NULL);
	json_string(j, "label", l->format ? l->format->label : NULL);
	json_string(j, "origin", l->part.origin);
	if (l->part.bytes.blob == around->blob)
		json_number(j, "offset", l->part.bytes.off - around->off);
	else
		json_null(j, "offset");
	json_number(j, "size", l->part.bytes.len);
	write_digest(j, "sha256", l->hashed, l->sha256, DIGEST_SIZE);
	if (l->part.packed.blob)
		write_packed(j, &l->part.packed, around);
	else
		json_null(j, "packed");
	if (l->is_pe)
		write_pe(j, l);
	else
		json_null(j, "pe");
	write_reason(j, "pe_error", &l->pe_why);
	write_envelope(j, l);
	json_end(j);
}

static void write_part(struct json *j, const struct inspect *i, const char *key,
		       enum boot_image_part p)
{
	if (i->why.err || boot_image_part_size(&i->img, p) == 0) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_number(j, "size", boot_image_part_size(&i->img, p));
	write_digest(j, "sha256", i->part_hashed[p], i->part_sha256[p], DIGEST_SIZE);
	json_array(j, "origins");
	if (p == PART_KERNEL)
		json_string(j, NULL, i->img.kernel.origin);
	for (size_t k = 0; p == PART_INITRD && k < i->img.nr_initrd; k++)
		json_string(j, NULL, i->img.initrd[k].origin);
	if (p == PART_CMDLINE)
		json_string(j, NULL, i->img.cmdline_origin);
	json_end(j);
	if (p == PART_CMDLINE)
		json_string(j, "text", i->img.cmdline);
	json_end(j);
}

static void write_parser(struct json *j, const struct inspect *i)
{
	if (!i->parser_kind) {
		json_null(j, "parser");
		return;
	}
	json_object(j, "parser");
	json_string(j, "kind", i->parser_kind);
	json_number(j, "offset", i->img.parser.off);
	json_number(j, "size", i->img.parser.len);
	write_digest(j, "sha256", i->parser_hashed, i->parser_sha256, DIGEST_SIZE);
	json_end(j);
}

void inspect_json(FILE *f, const struct inspect *i, const char *name)
{
	struct json j = { .f = f };

	json_object(&j, NULL);
	json_number(&j, "schema", INSPECT_SCHEMA);
	json_string(&j, "file", name);
	json_number(&j, "size", i->size);
	json_bool(&j, "accepted", !i->why.err);
	write_reason(&j, "error", &i->why);
	if (i->wants_trust)
		json_bool(&j, "verified", i->trusted);
	else
		json_null(&j, "verified");
	json_array(&j, "layers");
	for (size_t k = 0; k < i->nr_layers; k++)
		write_layer(&j, i, k);
	json_end(&j);
	write_parser(&j, i);
	write_part(&j, i, "kernel", PART_KERNEL);
	write_part(&j, i, "initrd", PART_INITRD);
	write_part(&j, i, "cmdline", PART_CMDLINE);
	json_end(&j);
}
