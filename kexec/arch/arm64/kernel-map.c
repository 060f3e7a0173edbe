// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtual addresses of a dump: Documentation/arch/arm64/memory.rst. Both the
 * kernel and the linear map move with KASLR, and the size of addresses is the
 * running kernel's choice, so only /proc/kcore tells.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kexec/core-header.h"
#include "lib/limits.h"

#define KERNEL_HALF UINT64_C(0xfff0000000000000) /* nothing of the kernel is below */

/* From the start of its code to the end of its data; what is in between is reserved. */
static int find_image(struct range *ret, const struct iomem *iomem, struct why *w)
{
	struct range image = { 0 };

	for (size_t i = 0; i < iomem->nr; i++) {
		const struct iomem_line *line = &iomem->lines[i];

		if (strcmp(line->name, "Kernel code") == 0 && !image.end)
			image = (struct range){ line->start, line->end };
		else if (strcmp(line->name, "Kernel data") == 0 && line->start >= image.end)
			image.end = line->end;
	}
	if (!image.end || image.start >= image.end || image.end - image.start > LIMIT_INIT_SIZE)
		return why(w, -EBADMSG, "/proc/iomem does not tell where the kernel is");
	*ret = image;
	return 0;
}

static bool is_inside(const struct kcore_part *p, const struct range *image)
{
	return p->pa != KCORE_NO_PA && p->pa <= image->start && p->len <= UINT64_MAX - p->pa &&
	       image->end <= p->pa + p->len;
}

/* The image is mapped twice: with all memory, and above that by itself. */
static const struct kcore_part *find_text(const struct kcore *k, const struct range *image)
{
	const struct kcore_part *text = NULL;

	for (size_t i = 0; i < k->nr; i++)
		if (is_inside(&k->parts[i], image) && (!text || k->parts[i].va > text->va))
			text = &k->parts[i];
	return text;
}

int arm64_kernel_map_find(struct kernel_map *ret, const struct iomem *iomem, const struct kcore *k,
			  struct why *w)
{
	const struct kcore_part *text;
	bool found = false;
	uint64_t distance = 0;
	struct range image = { 0 };
	int r = find_image(&image, iomem, w);

	if (r < 0)
		return r;
	text = find_text(k, &image);
	if (!text || text->len > LIMIT_INIT_SIZE || text->va < KERNEL_HALF ||
	    text->len > UINT64_MAX - text->va)
		return why(w, -EBADMSG,
			   "/proc/kcore and /proc/iomem do not agree about the kernel");
	for (size_t i = 0; i < k->nr; i++) {
		const struct kcore_part *p = &k->parts[i];

		if (p == text || p->pa == KCORE_NO_PA)
			continue;
		if (p->va < KERNEL_HALF || p->va > text->va || p->pa > p->va ||
		    (found && p->va - p->pa != distance))
			return why(w, -EBADMSG, "/proc/kcore maps memory in no way that we know");
		distance = p->va - p->pa;
		found = true;
	}
	if (!found)
		return why(w, -EBADMSG, "/proc/kcore does not tell where memory is mapped");
	*ret = (struct kernel_map){
		.text = { text->pa, text->pa + text->len },
		.text_va = text->va,
		.ram_va = distance,
	};
	return 0;
}

static int kernel_map(struct kernel_map *ret, const struct iomem *iomem, const struct sys *sys,
		      struct why *w)
{
	autokcore struct kcore kcore = { 0 };
	struct why reason = { 0 };
	int r = kcore_read(&kcore, sys, &reason);

	if (r == -EBADMSG || r == -ENOMEM)
		return why(w, r, "%s", reason.text);
	if (r < 0) /* not there, or lockdown keeps us out */
		return why(w, -EOPNOTSUPP,
			   "the addresses of the running kernel, which a dump must name, cannot be "
			   "told without /proc/kcore; load with -s, the kernel knows them");
	return arm64_kernel_map_find(ret, iomem, &kcore, w);
}

const struct core_arch core_arm64 = { .machine = EM_AARCH64, .kernel_map = kernel_map };
