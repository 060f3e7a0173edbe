// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes where when kexec_load(2) loads an x86_64 kernel: the 64-bit boot
 * protocol of Documentation/arch/x86/boot.rst, FORMATS.md section 4.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/arch/x86_64/boot-params.h"
#include "kexec/arch/x86_64/segments.h"
#include "kexec/file-type.h"
#include "kexec/formats/formats.h"
#include "kexec/purgatory-segment.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#define PAGE	       UINT64_C(4096)
#define ENTRY_64       0x200 /* of the 64-bit entry in the protected-mode code */
#define LOW	       0x3000 /* below: the first kernel's own, and what BIOS left */
#define INITRD_LOW     (16 * MiB)
#define TOP	       (UINT64_C(1) << 46) /* what four-level page tables reach */
#define VMLINUX_CMDLINE 2047 /* COMMAND_LINE_SIZE of the architecture, less the NUL */

#define SERIAL_DEFAULT 0x3f8

/* Where the steps of building meet. */
struct x86 {
	struct segments_job *job;
	struct why *w;

	struct x86_facts *facts;
	struct x86_layout at;
	uint64_t kernel_entry;
	uint64_t cmdline_max; /* bytes without the NUL */
	bool wants_setup;     /* boot_params in RSI */

	struct range elfcorehdr;
	struct ram_map crash_ram;      /* of a crash kernel */
	const struct ram_map *its_ram; /* of the kernel to come */
};

/* ---- the kernel ---- */

static int put_bzImage(struct x86 *x)
{
	const struct extent *kernel = &x->job->image->kernel.bytes;
	struct bzImage_facts f;
	struct extent code;
	struct place place;
	uint64_t align;
	int r = bzImage_facts(&f, kernel, x->w);

	if (r < 0)
		return r;
	align = bzImage_alignment(&f);
	if (!align)
		return why(x->w, -EOPNOTSUPP, "bzImage header asks for an alignment of %#x",
			   f.kernel_alignment);
	if (!extent_sub(&code, kernel, f.code_off, f.code_len))
		return why(x->w, -EBADMSG, "bzImage ends inside its code");
	/*
	 * Loaded lower, it would move up to there, over whatever is in between; one
	 * that cannot be relocated runs there and nowhere else.
	 */
	place = segments_place(x->job, f.pref_address > MiB ? f.pref_address : MiB, TOP, align,
			       false);
	if (!f.relocatable) {
		if (f.pref_address % PAGE || f.pref_address < place.min)
			return why(x->w, -EADDRNOTAVAIL,
				   "the kernel is not relocatable and runs at %#llx only",
				   (unsigned long long)f.pref_address);
		place.align = PAGE;
		place.max = f.pref_address + f.init_size + PAGE - 1;
		if (place.max > TOP)
			place.max = TOP;
	}
	x->cmdline_max = f.cmdline_size;
	x->wants_setup = true;
	r = segments_put(x->job, "kernel", &code, f.init_size, &place, &x->at.kernel, x->w);
	x->kernel_entry = x->at.kernel + ENTRY_64;
	return r;
}

static bool is_loadable(const struct ram_map *map, uint64_t mem, uint64_t size)
{
	for (size_t i = 0; i < map->nr; i++) {
		const struct ram_range *r = &map->ranges[i];

		if (r->type == RAM_USABLE && mem >= r->at.start && mem <= r->at.end &&
		    size <= r->at.end - mem)
			return true;
	}
	return false;
}

static int put_part(struct x86 *x, const struct vmlinux_part *part, const struct extent *bytes)
{
	uint64_t last = part->paddr + part->memsz - 1;

	if (!is_loadable(&x->job->loadable, part->paddr, part->memsz))
		return why(x->w, -EADDRNOTAVAIL,
			   "a vmlinux cannot be moved, and %#llx to %#llx, where this one goes, "
			   "is not free%s; use the bzImage",
			   (unsigned long long)part->paddr, (unsigned long long)last,
			   x->job->o->crash ? " for a crash kernel" : "");
	if (part->paddr < x->job->o->mem_min || last > x->job->o->mem_max)
		return why(x->w, -EADDRNOTAVAIL,
			   "a vmlinux cannot be moved, and %#llx to %#llx, where this one goes, is "
			   "outside of --mem-min and --mem-max",
			   (unsigned long long)part->paddr, (unsigned long long)last);
	return segments_add(&x->job->segments, "kernel", bytes, part->paddr, part->memsz, x->w);
}

/* Linux wants boot_params whatever the options say; others get what was asked for. */
static int choose_arguments(struct x86 *x, const struct vmlinux *v)
{
	enum elf_args args = x->job->o->elf_args;

	x->wants_setup = v->is_linux || args == ELF_ARGS_LINUX;
	if (x->wants_setup || args == ELF_ARGS_NONE)
		return 0;
	return why(x->w, -EOPNOTSUPP,
		   "this ELF file is not Linux, and ELF boot notes (--args-elf) are not supported; "
		   "see --args-linux and --args-none");
}

static int put_vmlinux(struct x86 *x)
{
	autovmlinux struct vmlinux v = { 0 };
	struct extent made = { 0 };
	int r = vmlinux_segments(&v, &x->job->image->kernel.bytes, x->w);

	if (r == 0)
		r = choose_arguments(x, &v);
	if (r == 0 && v.made.kind != BLOB_NONE)
		r = segments_own(&x->job->segments, &v.made, &made, x->w);
	for (size_t i = 0; r == 0 && i < v.nr; i++)
		r = put_part(x, &v.parts[i], made.blob ? &made : &v.parts[i].bytes);
	if (r < 0)
		return r;
	x->cmdline_max = VMLINUX_CMDLINE;
	x->kernel_entry = v.entry;
	x->at.kernel = v.parts[0].paddr;
	return 0;
}

static int put_kernel(struct x86 *x)
{
	const struct boot_image *img = x->job->image;
	const struct file_type *type = img->layers[img->nr_layers - 1];

	if (type == &file_type_bzImage64)
		return put_bzImage(x);
	if (type == &file_type_vmlinux_x86_64)
		return put_vmlinux(x);
	return why(x->w, -EOPNOTSUPP, "kexec_load on x86_64 does not take an %s", type->label);
}

/* ---- what comes with it ---- */

static int put_initrd(struct x86 *x)
{
	struct place place = segments_place(x->job, INITRD_LOW, TOP, PAGE, true);
	struct extent initrd;
	int r = segments_initrd(x->job, &initrd, x->w);

	if (r < 0 || initrd.len == 0)
		return r;
	/* In a crash region below 16 MiB there is no other place. */
	if (x->job->o->crash)
		place.min = x->job->o->mem_min;
	x->at.initrd_size = initrd.len;
	return segments_put(x->job, "initrd", &initrd, initrd.len, &place, &x->at.initrd, x->w);
}

static int put_elfcorehdr(struct x86 *x)
{
	struct segments_job *job = x->job;
	struct place place = segments_place(job, LOW, TOP, PAGE, true);
	autoblob struct blob header = { 0 };
	struct extent bytes;
	uint64_t memsz, room = 0;
	int r = core_header_build(&header, &job->iomem, &job->crash, job->o->core_headers,
				  &core_x86_64, job->sys, x->w);

	if (r == 0 && job->o->hotplug)
		r = core_header_room(job->sys, &room, x->w);
	if (r == 0)
		r = segments_own(&job->segments, &header, &bytes, x->w);
	if (r < 0)
		return r;
	memsz = bytes.len > room ? bytes.len : room;
	r = segments_put(job, "elfcorehdr", &bytes, memsz, &place, &x->elfcorehdr.start, x->w);
	if (r < 0)
		return r;
	/* The running kernel will change it when a CPU or memory comes or goes. */
	job->segments.list[job->segments.nr - 1].unverified = job->o->hotplug;
	x->elfcorehdr.end =
		x->elfcorehdr.start + job->segments.list[job->segments.nr - 1].memsz;
	return 0;
}

/* A crash kernel is told where its elfcorehdr is, and its memory if that is wanted. */
static int build_cmdline(struct x86 *x)
{
	struct segments_job *job = x->job;
	const char *given = job->image->cmdline ? job->image->cmdline : "";
	autofree char *memmap = NULL;
	char *text = NULL;
	int r = 0;

	if (!job->o->crash) {
		text = strdup(given);
	} else {
		if (job->o->pass_memmap_cmdline)
			r = crash_memmap_args(&memmap, &x->crash_ram, x->cmdline_max, x->w);
		if (r < 0)
			return r;
		if (asprintf(&text, "%s%s%s%selfcorehdr=%lluK", given, *given ? " " : "",
			     memmap ? memmap : "", memmap ? " " : "",
			     (unsigned long long)(x->elfcorehdr.start / KiB)) < 0)
			text = NULL;
	}
	if (!text)
		return why(x->w, -ENOMEM, "out of memory");
	job->cmdline = text;
	if (strlen(text) <= x->cmdline_max)
		return 0;
	return why(x->w, -E2BIG,
		   "Kernel command line too long for kernel! It has %zu characters%s, the kernel "
		   "takes %llu",
		   strlen(text), job->o->crash ? " with what a crash kernel needs" : "",
		   (unsigned long long)x->cmdline_max);
}

static int put_setup(struct x86 *x)
{
	struct segments_job *job = x->job;
	struct place place = segments_place(job, LOW, TOP, PAGE, true);
	autoblob struct blob setup = { 0 };
	uint64_t size = x86_setup_size(x->facts, x->its_ram->nr, strlen(job->cmdline));
	struct extent bytes;
	/* It holds its own address, so the place is first. */
	int r = segments_find(&job->segments, &job->loadable, &place, size, &x->at.setup, x->w);

	if (r == 0)
		r = x86_setup_build(&setup, x->facts, &x->at, x->its_ram, job->cmdline, x->w);
	if (r == 0)
		r = segments_own(&job->segments, &setup, &bytes, x->w);
	if (r == 0)
		r = segments_add(&job->segments, "setup", &bytes, x->at.setup, size, x->w);
	return r;
}

static int put_boot_params(struct x86 *x)
{
	const struct kexec_options *o = x->job->o;
	const struct x86_setup_options setup = {
		.noefi = o->noefi,
		.crash = o->crash,
		.kho = kho_passes(&x->job->kho),
	};
	int r = x86_facts_read(&x->facts, &x->job->image->kernel.bytes, &setup, x->job->sys, x->w);

	x->its_ram = &x->job->all;
	x->at.kho_tree = x->job->kho.tree;
	if (r == 0)
		r = segments_kho(x->job, &x->at.kho_scratch, x->w);
	if (r == 0 && o->crash) {
		r = put_elfcorehdr(x);
		if (r == 0)
			r = crash_ram_map(&x->crash_ram, &x->job->all, &x->job->crash,
					  &x->elfcorehdr, x->w);
		x->its_ram = &x->crash_ram;
	}
	if (r == 0)
		r = build_cmdline(x);
	return r == 0 ? put_setup(x) : r;
}

/* ---- purgatory ---- */

static bool parse_number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 0);
	return errno == 0 && *end == '\0' && *ret <= max;
}

static int parse_serial(struct x86 *x, struct purgatory_params *p)
{
	static const uint16_t ports[] = { 0x3f8, 0x2f8 };
	const struct kexec_options *o = x->job->o;
	uint64_t baud = 0;

	p->serial = SERIAL_DEFAULT;
	if (o->serial && strncmp(o->serial, "ttyS", 4) == 0 && strlen(o->serial) == 5 &&
	    (o->serial[4] == '0' || o->serial[4] == '1'))
		p->serial = ports[o->serial[4] - '0'];
	else if (o->serial && (!parse_number(o->serial, 0xfff8, &p->serial) || p->serial == 0))
		return why(x->w, -EINVAL, "bad serial port: --serial=%s", o->serial);
	/* "115200n8" is how everybody else writes it; purgatory speaks 8n1 only. */
	if (o->serial_baud && (!parse_number(o->serial_baud, 115200, &baud) || baud == 0 ||
			       115200 % baud))
		return why(x->w, -EINVAL, "bad speed: --serial-baud=%s", o->serial_baud);
	p->serial_baud = (uint32_t)baud;
	return 0;
}

static int put_purgatory(struct x86 *x)
{
	struct segments_job *job = x->job;
	struct place place = segments_place(job, LOW, TOP, PAGE, true);
	struct purgatory_params p = {
		.magic = PURGATORY_MAGIC,
		.version = PURGATORY_VERSION,
		.size = sizeof(p),
		.kernel_entry = x->kernel_entry,
		.kernel_arg = x->wants_setup ? x->at.setup : 0,
		.flags = (job->o->reset_vga ? PURGATORY_RESET_VGA : 0) |
			 (job->o->console_vga ? PURGATORY_CONSOLE_VGA : 0) |
			 (job->o->console_serial ? PURGATORY_SERIAL_IO : 0),
	};
	autoblob struct blob code = { 0 };
	struct extent bytes;
	uint64_t memsz, mem;
	int r = parse_serial(x, &p);

	if (r == 0)
		r = segments_digest(job, &p, x->w);
	if (r == 0)
		r = purgatory_build(&code, &p, &memsz, x->w);
	if (r == 0)
		r = segments_own(&job->segments, &code, &bytes, x->w);
	if (r == 0)
		r = segments_put(job, "purgatory", &bytes, memsz, &place, &mem, x->w);
	if (r < 0)
		return r;
	job->segments.list[job->segments.nr - 1].unverified = true;
	job->segments.entry = mem + PURGATORY_ENTRY;
	return 0;
}

int x86_64_build_segments(struct segments_job *job, struct why *w)
{
	struct x86 x = { .job = job, .w = w };
	int r = put_kernel(&x);

	if (r == 0)
		r = put_initrd(&x);
	if (r == 0 && !x.wants_setup && kho_passes(&job->kho))
		r = why(w, -EOPNOTSUPP, "it is not Linux and takes over nothing of what Kexec "
					"HandOver preserves; --discard-handover gives that up");
	if (r == 0 && x.wants_setup)
		r = put_boot_params(&x);
	if (r == 0)
		r = put_purgatory(&x);
	x86_facts_free(x.facts);
	ram_done(&x.crash_ram);
	return r;
}
