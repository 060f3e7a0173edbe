// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes where when kexec_load(2) loads an arm64 kernel:
 * Documentation/arch/arm64/booting.rst, FORMATS.md section 5.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/arch/arch.h"
#include "kexec/arch/arm64/device-tree.h"
#include "kexec/arch/arm64/segments.h"
#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "kexec/purgatory-segment.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/number.h"
#include "lib/sysfile.h"

/* The largest pages that a running kernel may have; it takes whole ones of its own only. */
#define PAGE   (64 * KiB)
#define BASE   (2 * MiB)	   /* what a kernel and a device tree are aligned to and within */
#define WINDOW (32 * GiB)	   /* kernel and initrd, from a multiple of 1 GiB */
#define TOP    (UINT64_C(1) << 48) /* for some kernels physical addresses end there */

/* Where the steps of building meet. */
struct arm64 {
	struct segments_job *job;
	struct why *w;
	struct arm64_image_facts facts;
	struct extent initrd_bytes;
	uint64_t kernel, tree; /* physical */
	struct chosen chosen;
};

static uint64_t round_up(uint64_t size)
{
	return (size + PAGE - 1) & ~(PAGE - 1);
}

/* ---- kernel and initrd ---- */

/* The running kernel knows what its own tree reserves, and no other's. */
static int keep_off_reserved(struct arm64 *a)
{
	const struct boot_part *dtb = &a->job->image->dtb;
	int r = 0;

	if (dtb->bytes.blob)
		r = device_tree_keep_off(&a->job->loadable, &dtb->bytes, a->w);
	if (r < 0)
		why_prefix(a->w, "%s: ", dtb->origin);
	return r;
}

static int check_kernel(struct arm64 *a)
{
	const struct boot_image *img = a->job->image;
	const struct file_type *type = img->layers[img->nr_layers - 1];
	int r;

	if (type != &file_type_arm64_image)
		return why(a->w, -EOPNOTSUPP, "kexec_load on arm64 does not take an %s",
			   type->label);
	r = arm64_image_facts(&a->facts, &img->kernel.bytes, a->w);
	if (r < 0)
		return r;
	if (a->facts.text_offset % PAGE || a->facts.text_offset >= BASE)
		return why(a->w, -EOPNOTSUPP, "arm64 Image asks for text_offset %#llx",
			   (unsigned long long)a->facts.text_offset);
	return segments_initrd(a->job, &a->initrd_bytes, a->w);
}

/* At text_offset from a base, as low as can be: kernels before 4.6 lose what is below. */
static int put_kernel(struct arm64 *a, const struct range *in, struct why *w)
{
	struct segments_job *job = a->job;
	struct place place = segments_place(job, in->start, in->end < TOP ? in->end : TOP, BASE,
					    false);
	uint64_t size = round_up(a->facts.image_size), base;
	int r = segments_find(&job->segments, &job->loadable, &place, a->facts.text_offset + size,
			      &base, w);

	if (r < 0) {
		why_prefix(w, "kernel: ");
		return r;
	}
	a->kernel = base + a->facts.text_offset;
	return segments_add(&job->segments, "kernel", &job->image->kernel.bytes, a->kernel, size,
			    w);
}

static int put_initrd(struct arm64 *a, struct why *w)
{
	uint64_t window = a->kernel & ~(GiB - 1), len = a->initrd_bytes.len;
	struct place place = segments_place(a->job, window, window + WINDOW, PAGE, true);
	int r;

	if (len == 0)
		return 0;
	r = segments_put(a->job, "initrd", &a->initrd_bytes, round_up(len), &place,
			 &a->chosen.initrd.start, w);
	a->chosen.initrd.end = a->chosen.initrd.start + len;
	return r;
}

/*
 * The lowest place of the kernel need not leave room for the initrd in the same
 * window: memory may begin with little, and go on far above. Each range is tried.
 */
static int put_both(struct arm64 *a)
{
	struct segments *s = &a->job->segments;
	const struct ram_map *ram = &a->job->loadable;
	struct why first = { 0 };
	int r = -EADDRNOTAVAIL;

	why(&first, r, "kernel: Could not find a free area of memory of %#llx bytes",
	    (unsigned long long)a->facts.image_size);
	for (size_t i = 0; r == -EADDRNOTAVAIL && i < ram->nr; i++) {
		struct why now = { 0 };
		bool placed;

		if (ram->ranges[i].type != RAM_USABLE)
			continue;
		s->nr = 0;
		r = put_kernel(a, &ram->ranges[i].at, &now);
		placed = r == 0;
		if (placed)
			r = put_initrd(a, &now);
		/* That there is no room for the initrd says more than that there is none here. */
		if (r < 0 && (placed || r != -EADDRNOTAVAIL))
			first = now;
	}
	return r < 0 ? why(a->w, r, "%s", first.text) : 0;
}

/* ---- what comes with them ---- */

static int put_elfcorehdr(struct arm64 *a)
{
	struct segments_job *job = a->job;
	struct place place = segments_place(job, 0, TOP, PAGE, true);
	autoblob struct blob header = { 0 };
	struct range *at = &a->chosen.elfcorehdr;
	struct extent bytes;
	int r = core_header_build(&header, &job->iomem, &job->crash, job->o->core_headers,
				  &core_arm64, job->sys, a->w);

	if (r == 0)
		r = segments_own(&job->segments, &header, &bytes, a->w);
	if (r == 0)
		r = segments_put(job, "elfcorehdr", &bytes, round_up(bytes.len), &place, &at->start,
				 a->w);
	if (r < 0)
		return r;
	at->end = at->start + round_up(bytes.len);
	a->chosen.crash = &job->crash;
	return 0;
}

static int take_cmdline(struct arm64 *a)
{
	struct segments_job *job = a->job;
	uint64_t max = arch_arm64.cmdline_max(job->image, job->o->crash);

	job->cmdline = strdup(job->image->cmdline ? job->image->cmdline : "");
	if (!job->cmdline)
		return why(a->w, -ENOMEM, "out of memory");
	a->chosen.cmdline = job->cmdline;
	if (strlen(job->cmdline) <= max)
		return 0;
	return why(
		a->w, -E2BIG,
		"Kernel command line too long for kernel! It has %zu characters, the kernel takes "
		"%llu",
		strlen(job->cmdline), (unsigned long long)max);
}

/* Aligned to its size or more, so that it is within one block that the kernel maps. */
static int put_device_tree(struct arm64 *a)
{
	struct segments_job *job = a->job;
	const struct extent *base = &job->image->dtb.bytes;
	struct place place = segments_place(job, 0, TOP, PAGE, true);
	autoblob struct blob tree = { 0 };
	struct extent bytes;
	int r = device_tree_build(&tree, base->blob ? base : NULL, &a->chosen, job->sys, a->w);

	if (r < 0 && base->blob)
		why_prefix(a->w, "%s: ", job->image->dtb.origin);
	if (r == 0)
		r = segments_own(&job->segments, &tree, &bytes, a->w);
	if (r < 0)
		return r;
	while (place.align < bytes.len)
		place.align *= 2;
	return segments_put(job, "dtb", &bytes, round_up(bytes.len), &place, &a->tree, a->w);
}

/* ---- purgatory ---- */

/* A number in a file of /sys/class/tty/NAME; -ENODATA: none that we understand. */
static int port_fact(const struct arm64 *a, const char *file, uint64_t *ret)
{
	char path[128];
	autofree char *text = NULL;
	const char *rest;
	bool hex;

	if (snprintf(path, sizeof(path), "/sys/class/tty/%s/%s", a->job->o->serial, file) >=
	    (int)sizeof(path))
		return -ENODATA;
	if (sysfile_read(a->job->sys->root, path, &text) < 0)
		return -ENODATA;
	hex = strncasecmp(text, "0x", 2) == 0;
	rest = hex ? text + 2 : text;
	return number_take(&rest, hex ? 16 : 10, ret) && *rest == '\n' ? 0 : -ENODATA;
}

/* The numbers of the kernel's io_type, <linux/serial_core.h>. */
#define UPIO_MEM   2
#define UPIO_MEM32 3

static int find_serial(struct arm64 *a, struct purgatory_params *p)
{
	const char *name = a->job->o->serial;
	uint64_t base, type, shift;

	if (!name)
		return 0;
	if (strchr(name, '/') || port_fact(a, "iomem_base", &base) < 0 ||
	    port_fact(a, "io_type", &type) < 0 || port_fact(a, "iomem_reg_shift", &shift) < 0 ||
	    base == 0)
		return why(a->w, -EINVAL,
			   "bad serial port: --serial=%s; no port of that name has registers in "
			   "memory (/sys/class/tty)",
			   name);
	if (strncmp(name, "ttyAMA", 6) == 0)
		p->serial_uart = PURGATORY_UART_PL011;
	else if (strncmp(name, "ttyS", 4) == 0 && type == UPIO_MEM && shift == 0)
		p->serial_uart = PURGATORY_UART_8250;
	else if (strncmp(name, "ttyS", 4) == 0 && type == UPIO_MEM32 && shift == 2)
		p->serial_uart = PURGATORY_UART_8250_32;
	else
		return why(a->w, -EINVAL,
			   "bad serial port: --serial=%s; purgatory knows PL011 and 8250 only",
			   name);
	p->serial = base;
	p->flags |= PURGATORY_SERIAL_MMIO;
	return 0;
}

static int put_purgatory(struct arm64 *a)
{
	struct segments_job *job = a->job;
	struct place place = segments_place(job, 0, TOP, PAGE, true);
	struct purgatory_params p = { .kernel_entry = a->kernel, .kernel_arg = a->tree };
	autoblob struct blob code = { 0 };
	struct extent bytes;
	uint64_t memsz, mem;
	int r = find_serial(a, &p);

	if (r == 0)
		r = segments_digest(job, &p, a->w);
	if (r == 0)
		r = purgatory_build(&code, &p, &memsz, a->w);
	if (r == 0)
		r = segments_own(&job->segments, &code, &bytes, a->w);
	if (r == 0)
		r = segments_put(job, "purgatory", &bytes, round_up(memsz), &place, &mem, a->w);
	if (r < 0)
		return r;
	job->segments.list[job->segments.nr - 1].unverified = true;
	job->segments.entry = mem + PURGATORY_ENTRY;
	return 0;
}

int arm64_build_segments(struct segments_job *job, struct why *w)
{
	struct arm64 a = { .job = job, .w = w };
	int r = check_kernel(&a);

	if (r == 0)
		r = take_cmdline(&a);
	if (r == 0)
		r = keep_off_reserved(&a);
	if (r == 0)
		r = put_both(&a);
	if (r == 0 && job->o->crash)
		r = put_elfcorehdr(&a);
	a.chosen.kho_tree = job->kho.tree;
	if (r == 0)
		r = segments_kho(job, &a.chosen.kho_scratch, w);
	if (r == 0)
		r = put_device_tree(&a);
	return r == 0 ? put_purgatory(&a) : r;
}
