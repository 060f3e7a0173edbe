// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/device-tree: a folder is a node, a file is a property. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kexec/arch/arm64/device-tree.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

#ifdef HAVE_FDT
#include <libfdt.h>

#define TREE "/proc/device-tree"

/* Where the steps of flattening meet. */
struct flat {
	void *fdt;
	const struct sys *sys;
	struct why *w;
	char path[PATH_MAX]; /* of the folder it is in, below the root */
};

static int written(const struct flat *f, int err)
{
	if (err == 0)
		return 0;
	return why(f->w, err == -FDT_ERR_NOSPACE ? -E2BIG : -EBADMSG, "%s: %s", f->path,
		   fdt_strerror(err));
}

static int add_property(struct flat *f, const char *name)
{
	autofree char *value = NULL;
	int len;

	/* The kernel makes this one up out of the node's name. */
	if (strcmp(name, "name") == 0)
		return 0;
	len = sysfile_read(f->sys->root, f->path, &value);
	if (len < 0)
		return why(f->w, len, "cannot read %s: %s", f->path, strerror(-len));
	return written(f, fdt_property(f->fdt, name, value, len));
}

static int add_folder(struct flat *f, const char *name, unsigned int depth);

/* Properties first: so it is in a flat tree. */
static int add_entry(struct flat *f, const char *name, bool folders, unsigned int depth)
{
	char full[PATH_MAX + PATH_MAX];
	size_t len = strlen(f->path);
	struct stat st;
	int r = 0;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (snprintf(f->path + len, sizeof(f->path) - len, "/%s", name) >=
	    (int)(sizeof(f->path) - len))
		return why(f->w, -E2BIG, TREE " has a path of more than %d bytes", PATH_MAX);
	snprintf(full, sizeof(full), "%s%s", f->sys->root, f->path);
	if (lstat(full, &st) < 0)
		r = why(f->w, -errno, "%s: %s", f->path, strerror(errno));
	else if (S_ISREG(st.st_mode) && !folders)
		r = add_property(f, name);
	else if (S_ISDIR(st.st_mode) && folders)
		r = add_folder(f, name, depth + 1);
	f->path[len] = '\0';
	return r;
}

static void free_entries(struct dirent **entries, int nr)
{
	for (int i = 0; i < nr; i++)
		free(entries[i]);
	free(entries);
}

static int add_folder(struct flat *f, const char *name, unsigned int depth)
{
	struct dirent **entries;
	char full[PATH_MAX + PATH_MAX];
	int nr, r;

	if (depth > LIMIT_DEVICE_TREE_DEPTH)
		return why(f->w, -E2BIG, TREE " is more than %d folders deep",
			   LIMIT_DEVICE_TREE_DEPTH);
	snprintf(full, sizeof(full), "%s%s", f->sys->root, f->path);
	nr = scandir(full, &entries, NULL, alphasort);
	if (nr < 0 && depth == 0 && errno == ENOENT)
		return -ENOENT;
	if (nr < 0)
		return why(f->w, -errno, "%s: %s", f->path, strerror(errno));
	r = written(f, fdt_begin_node(f->fdt, name));
	for (int i = 0; r == 0 && i < 2 * nr; i++)
		r = add_entry(f, entries[i % nr]->d_name, i >= nr, depth);
	free_entries(entries, nr);
	return r == 0 ? written(f, fdt_end_node(f->fdt)) : r;
}

int device_tree_flatten(void *fdt, int size, const struct sys *sys, struct why *w)
{
	struct flat f = { .fdt = fdt, .sys = sys, .w = w, .path = TREE };
	int r = written(&f, fdt_create(fdt, size));

	if (r == 0)
		r = written(&f, fdt_finish_reservemap(fdt));
	if (r == 0)
		r = add_folder(&f, "", 0);
	return r == 0 ? written(&f, fdt_finish(fdt)) : r;
}
#endif
