// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/sidecar.h"
#include "lib/cleanup.h"

#define IMAGE_SUFFIX ".efi"
#define IMAGE_FOLDER "/EFI/Linux/"
#define MAX_NAME     255

void sidecars_done(struct sidecars *s)
{
	for (size_t i = 0; i < s->nr; i++)
		free(s->path[i]);
	*s = (struct sidecars){ 0 };
}

static bool ends_with(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && strncasecmp(text + len - n, suffix, n) == 0;
}

static bool is_of_kind(const char *name, const struct sidecar_kind *kind)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!isascii((unsigned char)name[i]))
			return false;
	return len <= MAX_NAME && name[0] != '.' && ends_with(name, len, kind->suffix) &&
	       !(kind->but_not && ends_with(name, len, kind->but_not));
}

/* The order of bytes, whatever the locale says. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_path(struct sidecars *s, const char *folder, const char *name, struct why *w)
{
	char *path;

	if (s->nr == LIMIT_SIDECARS)
		return why(w, -E2BIG, "%s: more than %d files of one kind", folder, LIMIT_SIDECARS);
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return why(w, -ENOMEM, "out of memory");
	s->path[s->nr++] = path;
	return 0;
}

static int scan_folder(struct sidecars *s, const char *folder, const struct sidecar_kind *kind,
		       struct why *w)
{
	struct dirent **entries;
	int nr = scandir(folder, &entries, NULL, by_name), r = 0;

	if (nr < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (nr < 0)
		return why(w, -errno, "cannot look for %s files in %s: %s", kind->suffix, folder,
			   strerror(errno));
	for (int i = 0; i < nr; i++) {
		if (r == 0 && is_of_kind(entries[i]->d_name, kind))
			r = add_path(s, folder, entries[i]->d_name, w);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/*
 * The length of @name without boot counters, "+3-1" or "+3" in front of the
 * suffix, and without that; 0 if it does not have the suffix.
 */
static size_t stem_len(const char *name, size_t len)
{
	size_t stem, i;

	if (!ends_with(name, len, IMAGE_SUFFIX))
		return 0;
	stem = i = len - strlen(IMAGE_SUFFIX);
	for (int numbers = 0; numbers < 2; numbers++) {
		size_t digits = i;

		while (i > 0 && isdigit((unsigned char)name[i - 1]))
			i--;
		if (i == digits || i == 0)
			break;
		if (name[i - 1] == '+')
			return i - 1;
		if (name[--i] != '-')
			break;
	}
	return stem;
}

/* malloc'ed. NULL: there is none for such an image. -ENOMEM. */
static int own_folder(char **ret, const char *kernel, struct why *w)
{
	size_t stem = stem_len(kernel, strlen(kernel));

	*ret = NULL;
	if (stem > 0 && asprintf(ret, "%.*s" IMAGE_SUFFIX ".extra.d", (int)stem, kernel) < 0)
		return why(w, -ENOMEM, "out of memory");
	return 0;
}

static int partition_folder(char **ret, const char *kernel, const char *folder, struct why *w)
{
	const char *slash = strrchr(kernel, '/');
	size_t tail = strlen(IMAGE_FOLDER), len = slash ? slash + 1 - kernel : 0;

	*ret = NULL;
	if (len < tail || strncasecmp(kernel + len - tail, IMAGE_FOLDER, tail) != 0)
		return 0;
	if (asprintf(ret, "%.*s/%s", (int)(len - tail), kernel, folder) < 0)
		return why(w, -ENOMEM, "out of memory");
	return 0;
}

int sidecars_find(struct sidecars *ret, const char *kernel, const struct sidecar_kind *kind,
		  bool global, struct why *w)
{
	autosidecars struct sidecars s = { 0 };
	autofree char *folder = NULL;
	int r = global ? partition_folder(&folder, kernel, kind->global_folder, w) :
			 own_folder(&folder, kernel, w);

	if (r == 0 && folder)
		r = scan_folder(&s, folder, kind, w);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct sidecars){ 0 };
	return 0;
}
