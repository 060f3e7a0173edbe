// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "kexec/arch/arm64/device-tree.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

#ifdef HAVE_FDT
#include <libfdt.h>

#define FLAT	      "/sys/firmware/fdt"
#define EFI_PREFIX    "linux,uefi-"
#define VERSION_LEAST 16	 /* what libfdt writes as well; older ones are from before 2005 */
#define INITRD_ROUND  (64 * KiB) /* loaders reserve whole pages, the largest are these */
#define RNG_SEED      128	 /* bytes, as the kernel's own loader gives */

/* The tree while it is changed: in LIMIT_DEVICE_TREE bytes, so that there is room. */
struct tree {
	void *fdt; /* owned */
	int chosen;
	int err; /* of libfdt, the first; nothing is done any more then */
};

static void tree_done(struct tree *t)
{
	free(t->fdt);
}
#define autotree __attribute__((cleanup(tree_done)))

static int said_by_libfdt(struct why *w, int err)
{
	if (err == -FDT_ERR_NOSPACE)
		return why(w, -E2BIG, "device tree of more than %llu KiB",
			   (unsigned long long)(LIMIT_DEVICE_TREE / KiB));
	return why(w, -EBADMSG, "device tree: %s", fdt_strerror(err));
}

/* ---- reading ---- */

/* Opens @size bytes at @data; everything in them is checked here, once. */
static int take_flat(struct tree *t, const void *data, size_t size, struct why *w)
{
	int err = size < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED
						   : fdt_check_full(data, size);

	if (err == 0 && fdt_version(data) < VERSION_LEAST)
		err = -FDT_ERR_BADVERSION;
	if (err == 0)
		err = fdt_open_into(data, t->fdt, LIMIT_DEVICE_TREE);
	return err ? said_by_libfdt(w, err) : 0;
}

static int read_given(struct tree *t, const struct extent *base, struct why *w)
{
	autofree unsigned char *data = NULL;
	int r;

	if (base->len > LIMIT_DEVICE_TREE)
		return said_by_libfdt(w, -FDT_ERR_NOSPACE);
	r = extent_dup(base, 0, base->len, &data, w);
	return r < 0 ? r : take_flat(t, data, base->len, w);
}

/* As the boot loader gave it. */
static int read_flat(struct tree *t, const struct sys *sys, struct why *w)
{
	autofree char *data = NULL;
	int n = sysfile_read(sys->root, FLAT, &data);

	if (n == -ENOENT || n == -ENOTDIR)
		return -ENOENT;
	if (n < 0)
		return why(w, n, "cannot read " FLAT ": %s", strerror(-n));
	return take_flat(t, data, n, w);
}

/* As the kernel has it now. */
static int read_folders(struct tree *t, const struct sys *sys, struct why *w)
{
	autofree void *data = malloc(LIMIT_DEVICE_TREE);
	int r;

	if (!data)
		return why(w, -ENOMEM, "out of memory");
	r = device_tree_flatten(data, LIMIT_DEVICE_TREE, sys, w);
	return r < 0 ? r : take_flat(t, data, fdt_totalsize(data), w);
}

/* -ENOENT: the running kernel has none. */
static int read_running(struct tree *t, const struct sys *sys, struct why *w)
{
	int r = read_flat(t, sys, w);

	if (r == -ENOENT)
		return read_folders(t, sys, w);
	if (r < 0)
		why_prefix(w, "of the running kernel: ");
	return r;
}

static int tree_read(struct tree *t, const struct extent *base, const struct sys *sys,
		     struct why *w)
{
	int r;

	t->fdt = calloc(1, LIMIT_DEVICE_TREE);
	if (!t->fdt)
		return why(w, -ENOMEM, "out of memory");
	r = base ? read_given(t, base, w) : read_running(t, sys, w);
	if (r < 0)
		return r;
	t->chosen = fdt_subnode_offset(t->fdt, 0, "chosen");
	return 0;
}

/* ---- changing ---- */

static void open_chosen(struct tree *t)
{
	if (t->chosen == -FDT_ERR_NOTFOUND)
		t->chosen = fdt_add_subnode(t->fdt, 0, "chosen");
	if (t->chosen < 0)
		t->err = t->chosen;
}

static void set(struct tree *t, const char *name, const void *value, size_t len)
{
	if (!t->err)
		t->err = fdt_setprop(t->fdt, t->chosen, name, value, (int)len);
}

static void set_u64(struct tree *t, const char *name, uint64_t value)
{
	fdt64_t raw = cpu_to_fdt64(value);

	set(t, name, &raw, sizeof(raw));
}

static void drop(struct tree *t, const char *name)
{
	int err = t->err ? 0 : fdt_delprop(t->fdt, t->chosen, name);

	if (err && err != -FDT_ERR_NOTFOUND)
		t->err = err;
}

static void reserve(struct tree *t, const struct range *at)
{
	if (!t->err && at->start < at->end)
		t->err = fdt_add_mem_rsv(t->fdt, at->start, at->end - at->start);
}

/* The reservation of exactly that, or of the pages that it is in, was somebody's for it. */
static void unreserve(struct tree *t, const struct range *at)
{
	uint64_t len = at->end - at->start, start, size;
	int nr = t->err || at->start >= at->end ? 0 : fdt_num_mem_rsv(t->fdt);

	for (int i = nr - 1; i >= 0 && !t->err; i--) {
		t->err = fdt_get_mem_rsv(t->fdt, i, &start, &size);
		if (!t->err && start == at->start && size >= len && size - len < INITRD_ROUND)
			t->err = fdt_del_mem_rsv(t->fdt, i);
	}
}

/* A number of one or two cells; false if the property is no such thing. */
static bool get_number(const struct tree *t, const char *name, uint64_t *ret)
{
	int len;
	const void *p = t->err ? NULL : fdt_getprop(t->fdt, t->chosen, name, &len);

	if (p && len == 4)
		*ret = fdt32_ld(p);
	else if (p && len == 8)
		*ret = fdt64_ld(p);
	else
		return false;
	return true;
}

/* A range of two cells each: what kernels with less address space have stays reserved. */
static bool get_range(const struct tree *t, const char *name, struct range *ret)
{
	int len;
	const fdt64_t *p = t->err ? NULL : fdt_getprop(t->fdt, t->chosen, name, &len);

	if (!p || len != 16)
		return false;
	ret->start = fdt64_ld(p);
	ret->end = ret->start + fdt64_ld(p + 1);
	return true;
}

/* Cells of the root's @name; 0 if it has none, or a number of them that no address has. */
static unsigned int cells(const struct tree *t, const char *name)
{
	int len;
	const fdt32_t *p = fdt_getprop(t->fdt, 0, name, &len);
	uint32_t n = p && len == 4 ? fdt32_ld(p) : 0;

	return n <= 2 ? n : 0;
}

/* What the boot before this one left: it is not true any more. */
static void drop_stale(struct tree *t)
{
	static const char *const stale[] = {
		"bootargs",
		"linux,initrd-start",
		"linux,initrd-end",
		"kaslr-seed",
		"rng-seed",
		"linux,elfcorehdr",
		"linux,usable-memory-range",
		"linux,dmcryptkeys",
		"linux,ima-kexec-buffer",
		"linux,kho-fdt",
		"linux,kho-scratch",
	};
	static const char *const ranges[] = { "linux,elfcorehdr", "linux,ima-kexec-buffer" };
	struct range initrd, at;

	if (get_number(t, "linux,initrd-start", &initrd.start) &&
	    get_number(t, "linux,initrd-end", &initrd.end))
		unreserve(t, &initrd);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (get_range(t, ranges[i], &at))
			unreserve(t, &at);
	for (size_t i = 0; i < ARRAY_SIZE(stale); i++)
		drop(t, stale[i]);
}

/* Not nothing: an old kernel has no getrandom(), a young one no randomness yet. */
static void set_seeds(struct tree *t)
{
	unsigned char seed[8 + RNG_SEED];

	if (getrandom(seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		return;
	set(t, "kaslr-seed", seed, 8);
	set(t, "rng-seed", seed + 8, RNG_SEED);
	explicit_bzero(seed, sizeof(seed));
}

/* Ranges in the cells of the root; false if one does not fit. */
static bool put_range(unsigned char *out, size_t *len, const struct tree *t, struct range at)
{
	const uint64_t values[] = { at.start, at.end - at.start };
	const char *const names[] = { "#address-cells", "#size-cells" };

	for (size_t i = 0; i < 2; i++) {
		unsigned int n = cells(t, names[i]);

		if (n == 0 || (n == 1 && values[i] > UINT32_MAX))
			return false;
		if (n == 2)
			fdt64_st(out + *len, values[i]);
		else
			fdt32_st(out + *len, (uint32_t)values[i]);
		*len += 4 * n;
	}
	return true;
}

/* The kernel takes the first range for its own, and what it may use besides behind it. */
static int set_crash(struct tree *t, const struct chosen *c, struct why *w)
{
	unsigned char core[16], usable[16 * (2 + CRASH_CMA_RANGES)];
	size_t core_len = 0, len = 0;
	bool fit = put_range(core, &core_len, t, c->elfcorehdr) &&
		   put_range(usable, &len, t, c->crash->high);

	if (fit && c->crash->low.start < c->crash->low.end)
		fit = put_range(usable, &len, t, c->crash->low);
	for (size_t i = 0; fit && i < c->crash->nr_cma; i++)
		fit = put_range(usable, &len, t, c->crash->cma[i]);
	if (!fit)
		return why(
			w, -EBADMSG,
			"device tree: its root has no cells for the addresses of a crash kernel");
	set(t, "linux,elfcorehdr", core, core_len);
	set(t, "linux,usable-memory-range", usable, len);
	reserve(t, &c->elfcorehdr);
	return 0;
}

/* An address and a size in the cells of the root; nothing for an empty range. */
static int set_range(struct tree *t, const char *name, struct range at, struct why *w)
{
	unsigned char cells[16];
	size_t len = 0;

	if (at.start >= at.end)
		return 0;
	if (!put_range(cells, &len, t, at))
		return why(w, -EBADMSG, "device tree: its root has no cells for the address of %s",
			   name);
	set(t, name, cells, len);
	return 0;
}

/* ---- EFI ---- */

static bool is_efi(const char *name)
{
	return strncmp(name, EFI_PREFIX, sizeof(EFI_PREFIX) - 1) == 0;
}

/* The name of a property of /chosen that is about EFI; NULL: no more. */
static const char *find_efi(const struct tree *t)
{
	int p;

	fdt_for_each_property_offset(p, t->fdt, t->chosen)
	{
		const char *name = NULL;

		if (fdt_getprop_by_offset(t->fdt, p, &name, NULL) && name && is_efi(name))
			return name;
	}
	return NULL;
}

/* Each that is dropped makes the tree smaller, so this ends. */
static void drop_efi(struct tree *t)
{
	char copy[64];
	const char *name;

	while (!t->err && (name = find_efi(t))) {
		if (strlen(name) >= sizeof(copy)) {
			t->err = -FDT_ERR_BADVALUE;
			return;
		}
		strcpy(copy, name); /* it lies in the tree that changes */
		drop(t, copy);
	}
}

/* A tree from elsewhere knows nothing of this machine's EFI, which is where memory stands. */
static int adopt_efi(struct tree *t, const struct sys *sys, struct why *w)
{
	autotree struct tree running = { 0 };
	int r = tree_read(&running, NULL, sys, w), p;

	if (r < 0 && r != -ENOENT)
		return r;
	drop_efi(t);
	if (r == -ENOENT || running.chosen < 0)
		return 0;
	fdt_for_each_property_offset(p, running.fdt, running.chosen)
	{
		const char *name;
		int len;
		const void *value = fdt_getprop_by_offset(running.fdt, p, &name, &len);

		if (value && is_efi(name))
			set(t, name, value, len);
	}
	return 0;
}

static bool tells_memory(const struct tree *t)
{
	static const char memory[] = "memory";

	return fdt_getprop(t->fdt, t->chosen, EFI_PREFIX "system-table", NULL) ||
	       fdt_node_offset_by_prop_value(t->fdt, -1, "device_type", memory, sizeof(memory)) >=
		       0;
}

/* ---- all of it ---- */

static int tree_change(struct tree *t, const struct extent *base, const struct chosen *c,
		       const struct sys *sys, struct why *w)
{
	int r = 0;

	open_chosen(t);
	drop_stale(t);
	if (base)
		r = adopt_efi(t, sys, w);
	if (r == 0 && c->crash)
		r = set_crash(t, c, w);
	if (r == 0)
		r = set_range(t, "linux,kho-fdt", c->kho_tree, w);
	if (r == 0)
		r = set_range(t, "linux,kho-scratch", c->kho_scratch, w);
	if (r < 0)
		return r;
	set(t, "bootargs", c->cmdline, strlen(c->cmdline) + 1);
	if (c->initrd.start < c->initrd.end) {
		set_u64(t, "linux,initrd-start", c->initrd.start);
		set_u64(t, "linux,initrd-end", c->initrd.end);
		reserve(t, &c->initrd);
	}
	set(t, "linux,booted-from-kexec", NULL, 0);
	set_seeds(t);
	if (!t->err)
		t->err = fdt_pack(t->fdt);
	if (t->err)
		return said_by_libfdt(w, t->err);
	if (!tells_memory(t))
		return why(w, -EBADMSG,
			   "device tree: it names no memory, and there is no EFI that would");
	return 0;
}

int device_tree_build(struct blob *ret, const struct extent *base, const struct chosen *c,
		      const struct sys *sys, struct why *w)
{
	autotree struct tree t = { 0 };
	int r = tree_read(&t, base, sys, w);

	if (r == -ENOENT)
		return why(w, -EOPNOTSUPP,
			   "this system has no device tree (" FLAT ", /proc/device-tree) to start "
			   "the kernel with; see --dtb");
	if (r == 0)
		r = tree_change(&t, base, c, sys, w);
	if (r < 0)
		return r;
	return blob_copy(ret, (struct span){ t.fdt, fdt_totalsize(t.fdt) }, "device tree", w);
}

int device_tree_keep_off(struct ram_map *map, const struct extent *base, struct why *w)
{
	autotree struct tree t = { 0 };
	int r = tree_read(&t, base, NULL, w);

	if (r < 0)
		return r;
	open_chosen(&t);
	drop_stale(&t);
	return t.err ? said_by_libfdt(w, t.err) : device_tree_take_reserved(map, t.fdt, w);
}
#else
int device_tree_build(struct blob *ret, const struct extent *base, const struct chosen *c,
		      const struct sys *sys, struct why *w)
{
	(void)ret;
	(void)base;
	(void)c;
	(void)sys;
	return why(
		w, -EOPNOTSUPP,
		"kexec_load on arm64 makes a device tree: this program was built without libfdt");
}

/* device_tree_build() has the words. */
int device_tree_keep_off(struct ram_map *map, const struct extent *base, struct why *w)
{
	(void)map;
	(void)base;
	(void)w;
	return 0;
}
#endif
