// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/merge.h"
#include "lib/cleanup.h"

void overlay_done(struct overlay *o)
{
	for (size_t i = 0; i < o->nr_initrds; i++)
		blob_done(&o->initrds[i]);
	*o = (struct overlay){ 0 };
}

static bool is_given(const char *cmdline)
{
	return cmdline && cmdline[0];
}

/* What the signature covers must be what boots. */
static int check_enforced(const struct boot_image *img, const struct overlay *o, struct why *w)
{
	if (!o->enforced || o->crash)
		return 0;
	if (o->nr_initrds > 0 && img->nr_initrd > 0)
		return why(w, -EPERM, "its signed initrd cannot be replaced by --initrd: this kernel enforces signatures");
	if (is_given(o->cmdline) && img->cmdline)
		return why(w, -EPERM, "its signed command line cannot be replaced: this kernel enforces signatures");
	return 0;
}

static int set_cmdline(struct boot_image *img, const char *cmdline, struct why *w)
{
	int r = boot_image_set_cmdline(img, cmdline, strlen(cmdline), "command line", w);

	if (r == 0)
		img->cmdline_given = true;
	return r;
}

static int add_initrd(struct boot_image *img, struct blob *initrd, struct why *w)
{
	struct extent all;
	int r = boot_image_own(img, initrd, &all, w);

	if (r == 0)
		r = boot_image_add_initrd(img, &all, "--initrd", w);
	if (r == 0)
		img->initrd[img->nr_initrd - 1].given = true;
	return r;
}

int merge_overlay(struct boot_image *img, struct overlay *o, struct why *w)
{
	int r = check_enforced(img, o, w);

	if (r == 0 && is_given(o->cmdline))
		r = set_cmdline(img, o->cmdline, w);
	if (r == 0 && o->nr_initrds > 0)
		img->nr_initrd = 0;
	for (size_t i = 0; r == 0 && i < o->nr_initrds; i++)
		r = add_initrd(img, &o->initrds[i], w);
	return r;
}

/*
 * The length of the parameter that @text starts with; spaces in double quotes
 * belong to it. A newline does not, even if the quotes were never closed: it is
 * what /proc/cmdline ends in.
 */
static size_t parameter_len(const char *text)
{
	bool quoted = false;
	size_t len;

	for (len = 0; text[len] && text[len] != '\n' && (quoted || !strchr(" \t", text[len])); len++)
		if (text[len] == '"')
			quoted = !quoted;
	return len;
}

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

char *merge_reuse_cmdline(const char *running, const char *append, bool crash)
{
	autofree char *text = NULL;
	const char *separator = "";
	size_t size, len;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (const char *p = running + strspn(running, " \t\n"); *p;
	     p += len, p += strspn(p, " \t\n")) {
		len = parameter_len(p);
		if (starts_with(p, "BOOT_IMAGE=") || (crash && starts_with(p, "crashkernel")))
			continue;
		fprintf(f, "%s%.*s", separator, (int)len, p);
		separator = " ";
	}
	if (append && append[0])
		fprintf(f, "%s%s", separator, append);
	if (fclose(f) != 0)
		return NULL;
	return take_ptr(text);
}
