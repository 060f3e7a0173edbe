// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/addon.h"
#include "lib/cleanup.h"

#define SUFFIX	      ".addon.efi"
#define IMAGE_SUFFIX  ".efi"
#define MAX_NAME      255
#define IMAGE_FOLDER  "/EFI/Linux/"
#define GLOBAL_FOLDER "/loader/addons"

void addon_paths_done(struct addon_paths *p)
{
	for (size_t i = 0; i < p->nr; i++)
		free(p->path[i]);
	*p = (struct addon_paths){ 0 };
}

static bool ends_with(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && strncasecmp(text + len - n, suffix, n) == 0;
}

static int is_addon(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	for (size_t i = 0; i < len; i++)
		if (!isascii((unsigned char)entry->d_name[i]))
			return 0;
	return len <= MAX_NAME && entry->d_name[0] != '.' && ends_with(entry->d_name, len, SUFFIX);
}

/* The order of bytes, whatever the locale says. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_path(struct addon_paths *p, const char *folder, const char *name, struct why *w)
{
	char *path;

	if (p->nr == LIMIT_ADDONS)
		return why(w, -E2BIG, "%s: more than %d addons", folder, LIMIT_ADDONS);
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return why(w, -ENOMEM, "out of memory");
	p->path[p->nr++] = path;
	return 0;
}

static int scan_folder(struct addon_paths *p, const char *folder, struct why *w)
{
	struct dirent **entries;
	int nr = scandir(folder, &entries, is_addon, by_name), r = 0;

	if (nr < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (nr < 0)
		return why(w, -errno, "cannot look for addons in %s: %s", folder, strerror(errno));
	for (int i = 0; i < nr; i++) {
		if (r == 0)
			r = add_path(p, folder, entries[i]->d_name, w);
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

/* Images in EFI/Linux share the addons of their partition. */
static int scan_global(struct addon_paths *p, const char *kernel, struct why *w)
{
	const char *slash = strrchr(kernel, '/');
	size_t tail = strlen(IMAGE_FOLDER), folder_len = slash ? slash + 1 - kernel : 0;
	autofree char *folder = NULL;

	if (folder_len < tail || strncasecmp(kernel + folder_len - tail, IMAGE_FOLDER, tail) != 0)
		return 0;
	if (asprintf(&folder, "%.*s" GLOBAL_FOLDER, (int)(folder_len - tail), kernel) < 0) {
		folder = NULL;
		return why(w, -ENOMEM, "out of memory");
	}
	return scan_folder(p, folder, w);
}

int addons_find(struct addon_paths *ret, const char *kernel, struct why *w)
{
	autoaddons struct addon_paths p = { 0 };
	autofree char *folder = NULL;
	size_t stem = stem_len(kernel, strlen(kernel));
	int r = scan_global(&p, kernel, w);

	if (r == 0 && stem > 0) {
		if (asprintf(&folder, "%.*s" IMAGE_SUFFIX ".extra.d", (int)stem, kernel) < 0) {
			folder = NULL;
			return why(w, -ENOMEM, "out of memory");
		}
		r = scan_folder(&p, folder, w);
	}
	if (r < 0)
		return r;
	*ret = p;
	p = (struct addon_paths){ 0 };
	return 0;
}
