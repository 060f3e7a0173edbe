/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any file shown as kexec-image inspect shows it, certificates and PKCS #7 in it
 * too: the digests' ranges lie inside, what is printed is printable, and what
 * extract would write has names for files.
 */
#include <stdio.h>
#include <string.h>

#include "kexec/extract.h"
#include "kexec/inspect.h"
#include "lib/cleanup.h"
#include "tests/fuzz/fuzz.h"

static void check_printed(void (*print)(FILE *f, const struct inspect *i, const char *name),
			  const struct inspect *i)
{
	autofree char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	PROMISE(f);
	print(f, i, "file");
	PROMISE(fclose(f) == 0 && size > 0 && text[size - 1] == '\n');
	for (size_t k = 0; k < size; k++)
		PROMISE(text[k] == '\n' || (text[k] >= 0x20 && text[k] < 0x7f));
}

static void check_layers(const struct inspect *i)
{
	PROMISE(i->nr_layers > 0 && i->nr_layers <= LIMIT_LAYERS);
	for (size_t k = 0; k < i->nr_layers; k++) {
		const struct inspect_layer *l = &i->layers[k];

		PROMISE(l->nr_signatures <= LIMIT_SIGNATURES);
		for (size_t s = 0; s < l->nr_signatures; s++) {
			const struct inspect_signature *sig = &l->signatures[s];

			PROMISE(range_fits(l->part.bytes.len, sig->entry.off, sig->entry.len));
			PROMISE(!sig->signature.trusted);
			PROMISE((sig->verdict == SIGNATURE_UNREADABLE) == (sig->why.err != 0));
		}
		for (size_t s = 0; l->is_pe && s < l->pe.nr_sections; s++)
			PROMISE(!l->sections[s].use != !l->sections[s].note);
	}
}

static void check_extract(struct blob *b)
{
	static const struct extract_request all;
	autoextract struct extract x = { 0 };

	if (extract_plan(&x, b, &all, NULL) < 0)
		return;
	PROMISE(x.nr > 0 && x.nr <= EXTRACT_ITEMS);
	for (size_t k = 0; k < x.nr; k++) {
		PROMISE(x.items[k].name[0] && x.items[k].name[0] != '.');
		PROMISE(!strchr(x.items[k].name, '/'));
		for (size_t n = 0; n < k; n++)
			PROMISE(strcmp(x.items[n].name, x.items[k].name) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct blob b = { 0 };
	autoinspect struct inspect i = { 0 };

	if (blob_copy(&b, (struct span){ data, size }, "input", NULL) < 0 ||
	    inspect_file(&i, &b, NULL, NULL) < 0)
		return 0;
	check_layers(&i);
	check_printed(inspect_text, &i);
	check_printed(inspect_json, &i);
	if (blob_copy(&b, (struct span){ data, size }, "input", NULL) == 0)
		check_extract(&b);
	return 0;
}
