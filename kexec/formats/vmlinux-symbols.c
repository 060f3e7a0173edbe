// SPDX-License-Identifier: GPL-2.0-or-later
/* What a vmlinux was built with, as far as its symbols tell. */
#define _GNU_SOURCE
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "kexec/formats/formats.h"
#include "kexec/formats/vmlinux.h"

#define CHUNK 4096

static int section(Elf64_Shdr *ret, const Elf64_Ehdr *eh, const struct extent *image,
		   uint32_t nr, struct why *w)
{
	struct extent table;
	uint32_t count = le16toh(eh->e_shnum);

	if (le16toh(eh->e_shentsize) != sizeof(*ret) || nr >= count ||
	    !extent_sub(&table, image, le64toh(eh->e_shoff), count * sizeof(*ret)))
		return -ENODATA;
	return extent_read(&table, nr * sizeof(*ret), ret, sizeof(*ret), w);
}

/* The names of all symbols, each ended by a NUL. */
static int find_names(struct extent *ret, const Elf64_Ehdr *eh, const struct extent *image,
		      struct why *w)
{
	for (uint32_t i = 0; i < le16toh(eh->e_shnum); i++) {
		Elf64_Shdr sh;
		int r = section(&sh, eh, image, i, w);

		if (r == 0 && le32toh(sh.sh_type) != SHT_SYMTAB)
			continue;
		if (r == 0)
			r = section(&sh, eh, image, le32toh(sh.sh_link), w);
		if (r < 0)
			return r;
		if (le32toh(sh.sh_type) != SHT_STRTAB ||
		    !extent_sub(ret, image, le64toh(sh.sh_offset), le64toh(sh.sh_size)))
			return -ENODATA;
		return 0;
	}
	return -ENODATA;
}

int vmlinux_has_symbol(const struct extent *kernel, const char *name, struct why *w)
{
	size_t len = strlen(name) + 1, kept = 0;
	char buf[2 * CHUNK];
	struct extent names;
	Elf64_Ehdr eh;
	int r = vmlinux_header(&eh, kernel, EM_X86_64, w);

	if (r == 0)
		r = find_names(&names, &eh, kernel, w);
	if (r < 0)
		return r;
	if (len > CHUNK)
		return -EINVAL;
	for (uint64_t at = 0; at < names.len;) {
		size_t n = names.len - at < CHUNK ? names.len - at : CHUNK;

		r = extent_read(&names, at, buf + kept, n, w);
		if (r < 0)
			return r;
		if (memmem(buf, kept + n, name, len))
			return 1;
		/* The name may lie across two chunks. */
		at += n;
		n += kept;
		kept = n < len - 1 ? n : len - 1;
		memmove(buf, buf + n - kept, kept);
	}
	return 0;
}
