/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "bpf/vm/elf.h"

static int read_section(struct elf *elf, uint64_t table, size_t i, struct why *w)
{
	struct elf_section *s = &elf->sections[i];
	Elf64_Shdr sh;

	if (!span_get(&sh, elf->bytes, table + i * sizeof(sh), sizeof(sh)))
		return why(w, -ENOEXEC, "its ELF section table is outside the object");
	*s = (struct elf_section){
		.name = le32toh(sh.sh_name),
		.type = le32toh(sh.sh_type),
		.link = le32toh(sh.sh_link),
		.info = le32toh(sh.sh_info),
		.entry_size = le64toh(sh.sh_entsize),
	};
	if (i > 0 && s->type != SHT_NOBITS &&
	    !span_sub(&s->bytes, elf->bytes, le64toh(sh.sh_offset), le64toh(sh.sh_size)))
		return why(w, -ENOEXEC, "its ELF section %zu runs past the end", i);
	return 0;
}

int elf_open(struct elf *elf, struct span object, struct why *w)
{
	uint64_t table;
	uint16_t names;
	Elf64_Ehdr eh;
	int r = 0;

	elf->bytes = object;
	if (!span_get(&eh, object, 0, sizeof(eh)) || memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return why(w, -ENOEXEC, "it is not a 64-bit little-endian ELF object");
	elf->nr = le16toh(eh.e_shnum);
	if (le16toh(eh.e_shentsize) != sizeof(Elf64_Shdr) || elf->nr > LIMIT_BPF_ELF_SECTIONS)
		return why(w, -ENOEXEC, "it has %zu ELF sections, at most %d make sense", elf->nr,
			   LIMIT_BPF_ELF_SECTIONS);
	/* range_fits() is what makes the sums below safe. */
	table = le64toh(eh.e_shoff);
	if (!range_fits(object.size, table, elf->nr * sizeof(Elf64_Shdr)))
		return why(w, -ENOEXEC, "its ELF section table is outside the object");
	for (size_t i = 0; r == 0 && i < elf->nr; i++)
		r = read_section(elf, table, i, w);
	if (r < 0)
		return r;
	names = le16toh(eh.e_shstrndx);
	if (names >= elf->nr || elf->sections[names].type != SHT_STRTAB)
		return why(w, -ENOEXEC, "it has no ELF section names");
	elf->names = elf->sections[names].bytes;
	elf->names_index = names;
	elf->machine = le16toh(eh.e_machine);
	elf->type = le16toh(eh.e_type);
	return 0;
}

bool elf_name_is(struct span strings, uint32_t off, const char *want)
{
	return span_is(strings, off, want, strlen(want) + 1);
}

int elf_find(const struct elf_section **ret, const struct elf *elf, const char *name, uint32_t type,
	     struct why *w)
{
	const struct elf_section *found = NULL;

	for (size_t i = 1; i < elf->nr; i++) {
		if (!elf_name_is(elf->names, elf->sections[i].name, name))
			continue;
		if (found)
			return why(w, -ENOEXEC, "it has two sections %s", name);
		if (elf->sections[i].type != type)
			return why(w, -ENOEXEC, "its section %s is of type %u", name,
				   elf->sections[i].type);
		found = &elf->sections[i];
	}
	if (!found)
		return why(w, -ENOEXEC, "it has no section %s", name);
	*ret = found;
	return 0;
}

static int symbol_bytes(struct span *ret, const struct elf *elf, const Elf64_Sym *sym,
			const char *name, struct why *w)
{
	uint16_t section = le16toh(sym->st_shndx);

	if (section >= elf->nr || elf->sections[section].type != SHT_PROGBITS ||
	    sym->st_size == 0 ||
	    !span_sub(ret, elf->sections[section].bytes, le64toh(sym->st_value),
		      le64toh(sym->st_size)))
		return why(w, -ENOEXEC, "its symbol %s has no bytes in the object", name);
	return 1;
}

int elf_symbol(struct span *ret, const struct elf *elf, const char *name, struct why *w)
{
	const struct elf_section *symbols;
	struct span strings;
	int r = elf_find(&symbols, elf, ".symtab", SHT_SYMTAB, w);

	if (r < 0)
		return r;
	if (symbols->entry_size != sizeof(Elf64_Sym) || symbols->link >= elf->nr ||
	    elf->sections[symbols->link].type != SHT_STRTAB)
		return why(w, -ENOEXEC, "its symbols make no sense");
	strings = elf->sections[symbols->link].bytes;
	for (size_t i = 0; i < symbols->bytes.size / sizeof(Elf64_Sym); i++) {
		Elf64_Sym sym;

		if (span_get(&sym, symbols->bytes, i * sizeof(sym), sizeof(sym)) &&
		    elf_name_is(strings, le32toh(sym.st_name), name))
			return symbol_bytes(ret, elf, &sym, name, w);
	}
	return 0;
}
