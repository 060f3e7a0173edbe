// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtual addresses of a dump. makedumpfile and crash derive the kernel's
 * address of physical memory from them, so a guess that may be wrong is worse
 * than none: KASLR moves both the kernel and its direct mapping.
 * Documentation/arch/x86/x86_64/mm.rst has the layout.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kexec/core-header.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/number.h"
#include "lib/sysfile.h"

#define IMAGE_VA       UINT64_C(0xffffffff80000000) /* __START_KERNEL_map */
#define KERNEL_HALF    UINT64_C(0xff00000000000000) /* nothing of the kernel is below */
#define TEXT_DEFAULT   UINT64_C(0xffffffff81000000) /* _text as linked, by all distributions */
#define DIRECT_4_LEVEL UINT64_C(0xffff888000000000) /* the direct mapping unless moved */
#define DIRECT_5_LEVEL UINT64_C(0xff11000000000000)
#define CPUINFO_HEAD   16384 /* the first CPU's flags are there */

/* The image of the running kernel by iomem: from its code to the last of its lines. */
static int find_image(struct range *ret, const struct iomem *iomem, struct why *w)
{
	struct range image = { 0 };

	for (size_t i = 0; i < iomem->nr; i++) {
		const struct iomem_line *line = &iomem->lines[i];

		if (strncmp(line->name, "Kernel ", 7) != 0)
			continue;
		if (strcmp(line->name, "Kernel code") == 0) {
			if (image.end)
				return why(w, -EBADMSG, "/proc/iomem has two kernels");
			image.start = line->start;
		} else if (!image.end || line->start < image.end) {
			return why(w, -EBADMSG, "/proc/iomem has \"%s\" in the wrong place",
				   line->name);
		}
		image.end = line->end;
	}
	if (!image.end || image.end - image.start > LIMIT_INIT_SIZE)
		return why(w, -EBADMSG, "/proc/iomem does not tell where the kernel is");
	*ret = image;
	return 0;
}

/* The kernel's own part: at the image, and in the window that only the image has. */
static int find_text(struct kernel_map *ret, const struct range *image, const struct kcore *k,
		     struct why *w)
{
	for (size_t i = 0; i < k->nr; i++) {
		const struct kcore_part *p = &k->parts[i];

		if (p->pa != image->start || p->va < IMAGE_VA)
			continue;
		if (p->len < image->end - image->start || p->len > LIMIT_INIT_SIZE ||
		    p->len > UINT64_MAX - p->va)
			break;
		ret->text = (struct range){ p->pa, p->pa + p->len };
		ret->text_va = p->va;
		return 0;
	}
	return why(w, -EBADMSG, "/proc/kcore and /proc/iomem do not agree about the kernel");
}

/* All memory is mapped at the same distance; vmalloc and the like have no address. */
static int find_direct(struct kernel_map *ret, const struct kcore *k, struct why *w)
{
	uint64_t base = 0;

	for (size_t i = 0; i < k->nr; i++) {
		const struct kcore_part *p = &k->parts[i];
		uint64_t distance = p->va - p->pa;

		if (p->pa == KCORE_NO_PA || p->va >= IMAGE_VA)
			continue;
		if (p->va < KERNEL_HALF || p->pa > p->va || distance < KERNEL_HALF ||
		    distance % (1 * MiB) || (base && base != distance))
			return why(w, -EBADMSG, "/proc/kcore maps memory in no way that we know");
		base = distance;
	}
	if (!base)
		return why(w, -EBADMSG, "/proc/kcore does not tell where memory is mapped");
	ret->ram_va = base;
	return 0;
}

int x86_kernel_map_find(struct kernel_map *ret, const struct iomem *iomem,
			const struct kcore *kcore, struct why *w)
{
	struct kernel_map m = { 0 };
	struct range image;
	int r = find_image(&image, iomem, w);

	if (r == 0)
		r = find_text(&m, &image, kcore, w);
	if (r == 0)
		r = find_direct(&m, kcore, w);
	if (r < 0)
		return r;
	*ret = m;
	return 0;
}

/* The first line "ADDRESS TYPE _text". 0: hidden, or not there. */
static uint64_t text_by_kallsyms(const struct sys *sys)
{
	autofree char *head = malloc(LIMIT_KALLSYMS_HEAD + 1);
	int n = head ? sysfile_head(sys->root, "/proc/kallsyms", head, LIMIT_KALLSYMS_HEAD) : -1;
	const char *line;
	uint64_t va;

	if (n <= 0)
		return 0;
	head[n] = '\0';
	line = strstr(head, " T _text\n");
	if (!line)
		return 0;
	while (line > head && line[-1] != '\n')
		line--;
	return number_take(&line, 16, &va) ? va : 0;
}

static bool has_5_levels(const struct sys *sys)
{
	char head[CPUINFO_HEAD + 1];
	int n = sysfile_head(sys->root, "/proc/cpuinfo", head, CPUINFO_HEAD);

	if (n < 0)
		return false;
	head[n] = '\0';
	/* The kernel drops the flag when it was told to do with four. */
	return strstr(head, " la57 ") || strstr(head, " la57\n");
}

/* A kernel without /proc/kcore is one that somebody made for a purpose, mostly without KASLR. */
static int map_without_kcore(struct kernel_map *ret, const struct iomem *iomem,
			     const struct sys *sys, struct why *w)
{
	struct range image;
	int r = find_image(&image, iomem, w);

	if (r < 0)
		return r;
	if (text_by_kallsyms(sys) != TEXT_DEFAULT)
		return why(w, -EOPNOTSUPP,
			   "the addresses of the running kernel, which a dump must name, cannot be "
			   "told without /proc/kcore; load with -s, the kernel knows them");
	*ret = (struct kernel_map){
		.text = image,
		.text_va = TEXT_DEFAULT,
		.ram_va = has_5_levels(sys) ? DIRECT_5_LEVEL : DIRECT_4_LEVEL,
	};
	return 0;
}

int x86_kernel_map(struct kernel_map *ret, const struct iomem *iomem, const struct sys *sys,
		   struct why *w)
{
	autokcore struct kcore kcore = { 0 };
	struct why ignored = { 0 };
	int r = kcore_read(&kcore, sys, &ignored);

	if (r == -EBADMSG || r == -ENOMEM)
		return why(w, r, "%s", ignored.text);
	if (r < 0) /* not there, or lockdown keeps us out */
		return map_without_kcore(ret, iomem, sys, w);
	return x86_kernel_map_find(ret, iomem, &kcore, w);
}
