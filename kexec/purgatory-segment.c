// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/purgatory-segment.h"
#include "lib/cleanup.h"
#include "purgatory/image.h"

static_assert(sizeof(struct purgatory_params) <= PURGATORY_ENTRY, "parameters fit their page");

static struct span code(void)
{
	return (struct span){ purgatory_image, (size_t)(purgatory_image_end - purgatory_image) };
}

uint64_t purgatory_memsz(void)
{
	uint64_t memsz = 0;

	/* In the byte order of the machine, which is ours. */
	memcpy(&memsz, purgatory_image + PURGATORY_IMAGE_MEMSZ, sizeof(memsz));
	return PURGATORY_ENTRY + memsz;
}

/* What purgatory itself would stop at, when it is too late for whoever asked for it. */
static int check(const struct purgatory_params *p, struct why *w)
{
	if (p->nr_ranges > PURGATORY_RANGES)
		return why(w, -E2BIG, "more than %d ranges for purgatory to verify",
			   PURGATORY_RANGES);
	for (uint32_t i = 0; i < p->nr_ranges; i++)
		if (p->ranges[i].len > UINT64_MAX - p->ranges[i].start)
			return why(w, -EINVAL, "range at %#" PRIx64 " passes the end of memory",
				   p->ranges[i].start);
	if (p->flags & PURGATORY_VERIFY && !p->piece)
		return why(w, -EINVAL, "pieces without a size for purgatory to verify");
	if (p->flags & ~(uint32_t)PURGATORY_FLAGS)
		return why(w, -EINVAL, "flags %#x are unknown to purgatory", p->flags);
	if (p->serial_uart > PURGATORY_UART_PL011)
		return why(w, -EINVAL, "UART %u is unknown to purgatory", p->serial_uart);
	return 0;
}

int purgatory_build(struct blob *ret, const struct purgatory_params *p, uint64_t *ret_memsz,
		    struct why *w)
{
	struct span image = code();
	size_t size = PURGATORY_ENTRY + image.size;
	autofree unsigned char *bytes = NULL;
	struct purgatory_params params = *p;
	int r;

	r = check(p, w);
	if (r < 0)
		return r;
	params.magic = PURGATORY_MAGIC;
	params.version = PURGATORY_VERSION;
	params.size = sizeof(params);
	bytes = calloc(1, size);
	if (!bytes)
		return why(w, -ENOMEM, "out of memory");
	memcpy(bytes, &params, sizeof(params));
	memcpy(bytes + PURGATORY_ENTRY, image.data, image.size);
	r = blob_copy(ret, (struct span){ bytes, size }, "purgatory", w);
	if (r < 0)
		return r;
	if (ret_memsz)
		*ret_memsz = purgatory_memsz();
	return 0;
}
