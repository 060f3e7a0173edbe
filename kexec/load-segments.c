// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/load-segments.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/mapping.h"
#include "lib/piece-digest.h"

/* What one thread hashes at a time: a small initrd, too, is some for each. */
#define PIECE (4 * MiB)

void segments_job_done(struct segments_job *job)
{
	iomem_done(&job->iomem);
	ram_done(&job->all);
	ram_done(&job->loadable);
	kho_done(&job->kho);
	segments_done(&job->segments);
	free(job->cmdline);
	*job = (struct segments_job){ 0 };
}

/* ---- preparing ---- */

static int read_ram(struct segments_job *job, const struct arch_ops *arch, struct why *w)
{
	int r;

	if (arch->memory_by_iomem)
		return ram_of_iomem(&job->all, &job->loadable, &job->iomem, w);
	r = ram_read(&job->all, &job->iomem, job->sys, w);
	if (r == 0 && !job->o->crash)
		r = ram_loadable(&job->loadable, &job->all, &job->iomem, w);
	return r;
}

/* Where nothing is preserved. A crash kernel has its region, and takes nothing over. */
static int read_kho(struct segments_job *job, struct why *w)
{
	int r;

	if (job->o->crash || job->o->discard_handover)
		return 0;
	r = kho_read(&job->kho, job->sys, w);
	if (r < 0)
		return r;
	if (!kho_passes(&job->kho)) {
		kho_done(&job->kho);
		return 0;
	}
	ram_done(&job->loadable);
	return kho_loadable(&job->loadable, &job->kho, &job->all, w);
}

static int read_machine(struct segments_job *job, const struct arch_ops *arch, struct why *w)
{
	int r = iomem_read(&job->iomem, job->sys, w);

	if (r == 0)
		r = read_ram(job, arch, w);
	if (r == 0)
		r = read_kho(job, w);
	if (r < 0 || !job->o->crash)
		return r;
	ram_done(&job->loadable);
	r = crash_regions_read(&job->crash, &job->iomem, job->sys, w);
	if (r == 0)
		r = ram_set(&job->loadable, job->crash.high, RAM_USABLE, w);
	return r;
}

int load_segments_prepare(struct segments_job *ret, const struct boot_image *img,
			  const struct kexec_options *o, const struct arch_ops *arch,
			  const struct sys *sys, struct why *w)
{
	autojob struct segments_job job = { .image = img, .o = o, .sys = sys };
	int r;

	if (!arch->build_segments)
		return why(w, -EOPNOTSUPP, "kexec_load on %s is not supported yet", arch->name);
	job.flags = (unsigned long)arch->kexec_arch << 16;
	if (o->crash)
		job.flags |= KEXEC_LOAD_ON_CRASH;
	if (o->crash && o->hotplug)
		job.flags |= arch->hotplug_flag;
	r = read_machine(&job, arch, w);
	if (r == 0)
		r = arch->build_segments(&job, w);
	if (r < 0)
		return r;
	*ret = job;
	job = (struct segments_job){ 0 };
	return 0;
}

struct place segments_place(const struct segments_job *job, uint64_t min, uint64_t max,
			    uint64_t align, bool high)
{
	uint64_t last = job->o->mem_max;

	if (last < max)
		max = last + 1;
	return (struct place){ min > job->o->mem_min ? min : job->o->mem_min, max, align, high };
}

int segments_put(struct segments_job *job, const char *name, const struct extent *bytes,
		 uint64_t memsz, const struct place *place, uint64_t *ret_mem, struct why *w)
{
	uint64_t mem;
	int r = segments_find(&job->segments, &job->loadable, place, memsz, &mem, w);

	if (r == 0)
		r = segments_add(&job->segments, name, bytes, mem, memsz, w);
	else
		why_prefix(w, "%s: ", name);
	if (r == 0 && ret_mem)
		*ret_mem = mem;
	return r;
}

int segments_kho(struct segments_job *job, struct range *ret_at, struct why *w)
{
	/* Its alignment is that of the kernel's own loader. */
	struct place place = segments_place(job, 0, UINT64_MAX, 64 * KiB, true);
	autoblob struct blob list = { 0 };
	struct extent bytes;
	uint64_t mem;
	int r;

	*ret_at = (struct range){ 0 };
	if (!kho_passes(&job->kho))
		return 0;
	r = kho_list(&list, &job->kho, w);
	if (r == 0)
		r = segments_own(&job->segments, &list, &bytes, w);
	if (r == 0)
		r = segments_put(job, "scratch areas", &bytes, (bytes.len + 64 * KiB - 1) & -(64 * KiB),
				 &place, &mem, w);
	if (r == 0)
		*ret_at = (struct range){ mem, mem + bytes.len };
	return r;
}

int segments_initrd(struct segments_job *job, struct extent *ret, struct why *w)
{
	autoblob struct blob joined = { 0 };
	const struct boot_image *img = job->image;
	int r;

	if (img->nr_initrd < 2) {
		*ret = img->nr_initrd ? img->initrd[0].bytes : (struct extent){ 0 };
		return 0;
	}
	r = blob_memfd(&joined, "initrd", w);
	if (r == 0)
		r = boot_image_join_initrd(img, &joined, w);
	if (r == 0)
		r = blob_seal(&joined, w);
	return r == 0 ? segments_own(&job->segments, &joined, ret, w) : r;
}

/* ---- the digest ---- */

/* For a message about reading it: of what is a file, which one. */
static const char *name_of(const struct segment *seg)
{
	return seg->bytes.blob->kind == BLOB_FILE ? seg->bytes.blob->name : seg->name;
}

/* Only what was loaded: the kernel makes the rest zero by itself. */
static int digest_segments(struct purgatory_params *params, const struct segments *s,
			   struct why *w)
{
	struct digest_part parts[SEGMENTS_MAX];
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++) {
		const struct segment *seg = &s->list[i];

		if (seg->unverified || !seg->bytes.blob || seg->bytes.len == 0)
			continue;
		params->ranges[nr] = (struct purgatory_range){ seg->mem, seg->bytes.len };
		parts[nr++] = (struct digest_part){ seg->bytes, name_of(seg) };
	}
	params->nr_ranges = nr;
	params->piece = PIECE;
	return digest_pieces(params->sha256, parts, nr, PIECE, 0, w);
}

int segments_digest(struct segments_job *job, struct purgatory_params *params, struct why *w)
{
	struct digest *d = NULL;
	int r;

	_Static_assert(SEGMENTS_MAX <= PURGATORY_RANGES, "purgatory looks at fewer segments");
	if (job->o->no_checks)
		return 0;
	/* Asked here: the same errno may come from a file system. */
	r = digest_new(&d, NULL);
	digest_free(d);
	if (r == -EOPNOTSUPP) {
		job->notice = "built without libcrypto: nobody will verify what was loaded before "
			      "it is started";
		return 0;
	}
	r = digest_segments(params, &job->segments, w);
	if (r < 0)
		return r;
	params->flags |= PURGATORY_VERIFY;
	job->verified = true;
	return 0;
}

/* ---- the call ---- */

int load_segments_call(const struct segments_job *job, struct why *w)
{
	struct kexec_segment_arg args[SEGMENTS_MAX] = { 0 };
	struct mapping maps[SEGMENTS_MAX] = { 0 };
	const struct segments *s = &job->segments;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nr; i++) {
		const struct segment *seg = &s->list[i];

		r = mapping_open(&maps[i], &seg->bytes, w);
		args[i] = (struct kexec_segment_arg){
			.buf = maps[i].bytes,
			.bufsz = maps[i].bytes ? seg->bytes.len : 0,
			.mem = seg->mem,
			.memsz = seg->memsz,
		};
	}
	if (r == 0)
		r = job->sys->ops->kexec_load(s->entry, s->nr, args, job->flags);
	for (size_t i = 0; i < s->nr; i++)
		mapping_done(&maps[i]);
	return r;
}

/* The lines of kexec-tools, which people and scripts look for. */
char *load_segments_dump(const struct segments_job *job)
{
	const struct segments *s = &job->segments;
	autofree char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f, "entry       = %#llx flags = %#lx\n", (unsigned long long)s->entry, job->flags);
	fprintf(f, "nr_segments = %zu\n", s->nr);
	for (size_t i = 0; i < s->nr; i++) {
		const struct segment *seg = &s->list[i];

		/* Where our own copy is says nothing, so its name takes that place. */
		fprintf(f, "segment[%zu].buf   = %s\n", i, seg->name);
		fprintf(f, "segment[%zu].bufsz = %#llx\n", i,
			(unsigned long long)(seg->bytes.blob ? seg->bytes.len : 0));
		fprintf(f, "segment[%zu].mem   = %#llx\n", i, (unsigned long long)seg->mem);
		fprintf(f, "segment[%zu].memsz = %#llx\n", i, (unsigned long long)seg->memsz);
	}
	return fclose(f) == 0 ? take_ptr(text) : NULL;
}
