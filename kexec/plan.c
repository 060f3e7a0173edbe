// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/plan.h"
#include "kexec/sys.h"
#include "lib/cleanup.h"
#include "lib/escape.h"

static const char *how(const struct plan *p)
{
	switch (p->route) {
	case ROUTE_DETACHED:
		return p->detached->envelope.kind == BLOB_NONE ?
		       "the parser, and the file itself as its image" :
		       "the parser, and as its image an ELF envelope of the file and the initrd";
	case ROUTE_WHOLE:
		return "the file itself, for the parser program inside it";
	case ROUTE_AS_IS:
		return "the file itself";
	case ROUTE_UNPACKED:
		return "its parts, as sealed memfds";
	default:
		return "nothing: this kernel's kexec_file_load does not take the format";
	}
}

static void print_flags(FILE *f, unsigned long flags)
{
	static const struct {
		unsigned long flag;
		const char *name;
	} names[] = {
		{ KEXEC_FILE_ON_CRASH, "on-crash" },   { KEXEC_FILE_NO_INITRAMFS, "no-initramfs" },
		{ KEXEC_FILE_DEBUG, "debug" },	       { KEXEC_FILE_NO_CMA, "no-cma" },
		{ KEXEC_FILE_FORCE_DTB, "force-dtb" },
	};

	fprintf(f, "flags: %#lx", flags);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			fprintf(f, " %s", names[i].name);
	fputc('\n', f);
}

unsigned long plan_file_flags(const struct plan *p)
{
	if (p->route != ROUTE_DETACHED &&
	    (p->image->nr_initrd == 0 || (p->route == ROUTE_WHOLE && !p->image->initrd[0].given)))
		return p->flags | KEXEC_FILE_NO_INITRAMFS;
	return p->flags;
}

static void print_parser(FILE *f, const struct detached *d)
{
	fputs("parser: ", f);
	escape_text(f, span_of(d->parser.name), 0);
	fprintf(f, ", %llu bytes, %s\n", (unsigned long long)d->parser.size,
		d->signature ? "signed" : "not signed");
}

static void print_file_load(FILE *f, const struct plan *p)
{
	if (p->image->cmdline && p->cmdline_max)
		fprintf(f, "cmdline length: %zu of at most %llu\n", strlen(p->image->cmdline),
			(unsigned long long)p->cmdline_max);
	if (p->memory_size)
		fprintf(f, "memory: %llu KiB for the kernel, %llu KiB for the initrd\n",
			(unsigned long long)(p->memory_size / KiB),
			(unsigned long long)(boot_image_initrd_size(p->image) / KiB));
	print_flags(f, plan_file_flags(p));
	fprintf(f, "passed to the kernel: %s\n", how(p));
}

static void print_segments(FILE *f, const struct segments_job *job)
{
	const struct segments *s = &job->segments;

	if (job->o->crash && job->cmdline) {
		fputs("cmdline of the crash kernel: ", f);
		escape_text(f, span_of(job->cmdline), 0);
		fputc('\n', f);
	}
	for (size_t i = 0; i < s->nr; i++) {
		const struct segment *seg = &s->list[i];

		fprintf(f, "segment: %s, %#llx to %#llx, %llu bytes loaded%s\n", seg->name,
			(unsigned long long)seg->mem,
			(unsigned long long)(seg->mem + seg->memsz - 1),
			(unsigned long long)(seg->bytes.blob ? seg->bytes.len : 0),
			job->verified && !seg->unverified ? ", verified" : "");
	}
	fprintf(f, "flags: %#lx\n", job->flags);
	fprintf(f, "entry: %#llx\n", (unsigned long long)s->entry);
}

/* What becomes of memory that the running kernel preserves for the next one. */
static void print_handover(FILE *f, const struct plan *p)
{
	bool segments = p->route == ROUTE_SEGMENTS;
	const char *fate = "the kernel hands on what it preserves";

	if (p->handover == 0)
		return;
	if (segments && p->discards)
		fate = "what is preserved is given up (--discard-handover)";
	else if (segments)
		fate = "kexec_load hands on what the kernel preserves";
	fprintf(f, "handover: %s; %s\n", p->handover > 0 ? "active" : "cannot tell, taken as active",
		fate);
	if (p->kho)
		kho_dump(f, p->kho);
}

char *plan_text(const struct plan *p)
{
	autofree char *image = boot_image_dump(p->image);
	bool segments = p->route == ROUTE_SEGMENTS;
	autofree char *text = NULL;
	size_t size;
	FILE *f;

	if (!image)
		return NULL;
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	fprintf(f, "load: %s kernel by %s\n", p->crash ? "crash" : "reboot",
		segments ? "kexec_load" : "kexec_file_load");
	fputs(image, f);
	if (p->detached)
		print_parser(f, p->detached);
	if (segments)
		print_segments(f, p->job);
	else
		print_file_load(f, p);
	print_handover(f, p);
	fprintf(f, "route: %s\n", route_name(p->route));
	if (fclose(f) != 0)
		return NULL;
	return take_ptr(text);
}
