// SPDX-License-Identifier: GPL-2.0-or-later
/* elfcorehdr: the core file that a crash kernel shows as /proc/vmcore. */
#define _GNU_SOURCE
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/facts.h"

/* "elfcorehdr=0x12345000", or with K, M, G behind. */
static uint64_t header_address(const char *cmdline)
{
	const char *at = NULL;
	const char *next = cmdline;
	char *end;
	uint64_t n;

	while ((next = strstr(next, "elfcorehdr="))) {
		next += strlen("elfcorehdr=");
		at = next;
	}
	if (!at)
		return 0;
	n = strtoull(at, &end, 0);
	switch (*end) {
	case 'G':
		n <<= 10;
		/* fallthrough */
	case 'M':
		n <<= 10;
		/* fallthrough */
	case 'K':
		n <<= 10;
		break;
	default:
		break;
	}
	return n;
}

/* No byte of memory that belongs to the crash kernel may be dumped. */
static void one_load(struct facts *f, const Elf64_Phdr *p)
{
	struct range r = { p->p_paddr, p->p_paddr + p->p_memsz - 1 };

	fact("core-load%s phys=%#" PRIx64 " virt=%#" PRIx64 " size=%#" PRIx64,
	     p->p_paddr < LOW_END ? "-low" : "", (uint64_t)p->p_paddr, (uint64_t)p->p_vaddr,
	     (uint64_t)p->p_memsz);
	if (p->p_filesz != p->p_memsz)
		bad(f, "a PT_LOAD of elfcorehdr has two sizes");
	if (ranges_touch(&f->crash_region, r))
		bad(f, "memory of the crash kernel would be dumped");
}

void facts_core(struct facts *f, const char *cmdline)
{
	uint64_t addr = header_address(cmdline);
	Elf64_Ehdr head;
	Elf64_Phdr p;

	fact("place elfcorehdr %#" PRIx64, addr);
	if (!loaded_get(&f->l, &head, addr, sizeof(head)) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_phentsize != sizeof(p)) {
		bad(f, "no elfcorehdr at %#" PRIx64, addr);
		return;
	}
	fact("core type=%u machine=%u", head.e_type, head.e_machine);
	for (unsigned int i = 0; i < head.e_phnum; i++) {
		if (!loaded_get(&f->l, &p, addr + head.e_phoff + i * sizeof(p), sizeof(p))) {
			bad(f, "elfcorehdr is not all loaded");
			return;
		}
		if (p.p_type == PT_NOTE)
			fact("core-note phys=%#" PRIx64 " size=%#" PRIx64, (uint64_t)p.p_paddr,
			     (uint64_t)p.p_memsz);
		else if (p.p_type == PT_LOAD)
			one_load(f, &p);
		else
			bad(f, "elfcorehdr has an entry of type %u", p.p_type);
	}
	if (!loaded_find(&f->l, addr, head.e_phoff + head.e_phnum * sizeof(p)))
		bad(f, "elfcorehdr is not all in one segment");
	else
		loaded_find(&f->l, addr, 1)->what = NULL;
}
