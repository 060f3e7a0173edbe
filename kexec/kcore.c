// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/kcore.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "lib/sysfile.h"

#define PATH "/proc/kcore"

/* The table stands right behind the header, as the kernel writes it. */
static bool header_good(const Elf64_Ehdr *eh)
{
	return memcmp(eh->e_ident, ELFMAG, SELFMAG) == 0 && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_ident[EI_DATA] == ELFDATA2LSB && le16toh(eh->e_type) == ET_CORE &&
	       le16toh(eh->e_phentsize) == sizeof(Elf64_Phdr) &&
	       le64toh(eh->e_phoff) == sizeof(*eh);
}

int kcore_parse(struct kcore *ret, struct span head, struct why *w)
{
	autokcore struct kcore k = { 0 };
	Elf64_Ehdr eh;
	size_t n;

	if (!span_get(&eh, head, 0, sizeof(eh)) || !header_good(&eh))
		return why(w, -EBADMSG, PATH " is no 64-bit core file");
	n = le16toh(eh.e_phnum);
	k.parts = calloc(n ? n : 1, sizeof(*k.parts));
	if (!k.parts)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		Elf64_Phdr ph;

		if (!span_get(&ph, head, sizeof(eh) + i * sizeof(ph), sizeof(ph)))
			return why(w, -EBADMSG, PATH " ends inside its headers");
		if (le32toh(ph.p_type) != PT_LOAD)
			continue;
		k.parts[k.nr++] = (struct kcore_part){
			.va = le64toh(ph.p_vaddr),
			.pa = le64toh(ph.p_paddr),
			.len = le64toh(ph.p_memsz),
			.off = le64toh(ph.p_offset),
		};
	}
	*ret = k;
	k = (struct kcore){ 0 };
	return 0;
}

int kcore_read(struct kcore *ret, const struct sys *sys, struct why *w)
{
	autofree unsigned char *head = NULL;
	Elf64_Ehdr eh;
	size_t size;
	int r = sysfile_head(sys->root, PATH, &eh, sizeof(eh));

	if (r < 0)
		return why(w, r, "cannot read " PATH ": %s", strerror(-r));
	if (r < (int)sizeof(eh))
		return why(w, -EBADMSG, PATH " is no 64-bit core file");
	/* What comes behind is memory: no byte more than the headers. */
	size = sizeof(eh) + le16toh(eh.e_phnum) * sizeof(Elf64_Phdr);
	head = malloc(size);
	if (!head)
		return why(w, -ENOMEM, "out of memory");
	r = sysfile_head(sys->root, PATH, head, size);
	if (r < 0)
		return why(w, r, "cannot read " PATH ": %s", strerror(-r));
	return kcore_parse(ret, (struct span){ head, r }, w);
}

static const struct kcore_part *find_part(const struct kcore *k, uint64_t va, uint64_t len,
					  bool physical)
{
	for (size_t i = 0; i < k->nr; i++) {
		const struct kcore_part *p = &k->parts[i];

		if (va >= p->va && range_fits(p->len, va - p->va, len) &&
		    (!physical || p->pa != KCORE_NO_PA))
			return p;
	}
	return NULL;
}

int kcore_u64(const struct kcore *k, const struct sys *sys, uint64_t va, uint64_t *ret)
{
	const struct kcore_part *p = find_part(k, va, sizeof(*ret), false);
	uint64_t raw;
	int r;

	if (!p || va - p->va > UINT64_MAX - p->off)
		return -ENXIO;
	r = sysfile_at(sys->root, PATH, p->off + (va - p->va), &raw, sizeof(raw));
	if (r == 0)
		*ret = le64toh(raw);
	return r;
}

bool kcore_physical(const struct kcore *k, uint64_t va, uint64_t *ret)
{
	const struct kcore_part *p = find_part(k, va, 1, true);

	if (!p || va - p->va > UINT64_MAX - p->pa)
		return false;
	*ret = p->pa + (va - p->va);
	return true;
}

void kcore_done(struct kcore *k)
{
	free(k->parts);
	*k = (struct kcore){ 0 };
}
