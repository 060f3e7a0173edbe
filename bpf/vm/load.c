/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of type 1: BPF_ABI.md, "The file of type 1". ELF facts: System V ABI,
 * chapter 4; the relocation: Linux' Documentation/bpf/llvm_reloc.rst.
 *
 * Everything the kernel's loader refuses is refused: a program that it would
 * not run must not be shown here as one that runs.
 */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm/machine.h"
#include "lib/cleanup.h"

#ifndef R_BPF_64_32
#define R_BPF_64_32 10
#endif

#define LICENSE_MAX 64

/* The parts of a section header that matter here, in our byte order. */
struct section {
	uint32_t name, type, link, info;
	uint64_t entry_size;
	struct span bytes;
};

struct object {
	struct span elf;
	struct section sections[LIMIT_BPF_ELF_SECTIONS];
	size_t nr;
	struct span names;
	bool is_bpf; /* and relocatable */
	struct why *why;
};

static int read_section(struct object *o, uint64_t table, size_t i)
{
	struct section *s = &o->sections[i];
	Elf64_Shdr sh;

	if (!span_get(&sh, o->elf, table + i * sizeof(sh), sizeof(sh)))
		return why(o->why, -ENOEXEC, "its ELF section table is outside the object");
	*s = (struct section){
		.name = le32toh(sh.sh_name), .type = le32toh(sh.sh_type),
		.link = le32toh(sh.sh_link), .info = le32toh(sh.sh_info),
		.entry_size = le64toh(sh.sh_entsize),
	};
	if (i > 0 && s->type != SHT_NOBITS &&
	    !span_sub(&s->bytes, o->elf, le64toh(sh.sh_offset), le64toh(sh.sh_size)))
		return why(o->why, -ENOEXEC, "its ELF section %zu runs past the end", i);
	return 0;
}

static int read_header(struct object *o)
{
	uint64_t table;
	uint16_t names;
	Elf64_Ehdr eh;
	int r = 0;

	if (!span_get(&eh, o->elf, 0, sizeof(eh)) || memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return why(o->why, -ENOEXEC, "it is not a 64-bit little-endian ELF object");
	o->nr = le16toh(eh.e_shnum);
	if (le16toh(eh.e_shentsize) != sizeof(Elf64_Shdr) || o->nr > LIMIT_BPF_ELF_SECTIONS)
		return why(o->why, -ENOEXEC, "it has %zu ELF sections, at most %d make sense",
			   o->nr, LIMIT_BPF_ELF_SECTIONS);
	/* range_fits() is what makes the sums below safe. */
	table = le64toh(eh.e_shoff);
	if (!range_fits(o->elf.size, table, o->nr * sizeof(Elf64_Shdr)))
		return why(o->why, -ENOEXEC, "its ELF section table is outside the object");
	for (size_t i = 0; r == 0 && i < o->nr; i++)
		r = read_section(o, table, i);
	if (r < 0)
		return r;
	names = le16toh(eh.e_shstrndx);
	if (names >= o->nr || o->sections[names].type != SHT_STRTAB)
		return why(o->why, -ENOEXEC, "it has no ELF section names");
	o->names = o->sections[names].bytes;
	o->is_bpf = le16toh(eh.e_machine) == EM_BPF && le16toh(eh.e_type) == ET_REL;
	return 0;
}

/* Is the string at @off of the table exactly @want? */
static bool name_is(struct span strings, uint32_t off, const char *want)
{
	return span_is(strings, off, want, strlen(want) + 1);
}

/* The one section of a name. */
static int find_section(const struct section **ret, const struct object *o, const char *name,
			uint32_t type)
{
	const struct section *found = NULL;

	for (size_t i = 1; i < o->nr; i++) {
		if (!name_is(o->names, o->sections[i].name, name))
			continue;
		if (found)
			return why(o->why, -ENOEXEC, "it has two sections %s", name);
		if (o->sections[i].type != type)
			return why(o->why, -ENOEXEC, "its section %s is of type %u", name,
				   o->sections[i].type);
		found = &o->sections[i];
	}
	if (!found)
		return why(o->why, -ENOEXEC, "it has no section %s", name);
	*ret = found;
	return 0;
}

/* The kernel lets only these call its functions. */
static int check_license(const struct object *o)
{
	static const char *const good[] = {
		"GPL", "GPL v2", "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};
	const struct section *s;
	char text[LICENSE_MAX] = "";
	int r = find_section(&s, o, "license", SHT_PROGBITS);

	if (r < 0)
		return r;
	if (s->bytes.size == 0 || s->bytes.size > sizeof(text) ||
	    !span_get(text, s->bytes, 0, s->bytes.size) || text[s->bytes.size - 1] != '\0')
		return why(o->why, -ENOEXEC, "its section license is no string");
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (strcmp(text, good[i]) == 0)
			return 0;
	return why(o->why, -ENOEXEC,
		   "its licence is '%s'; the kernel's functions are for GPL programs", text);
}

int vm_decode(struct vm_program *ret, struct span code, struct why *w)
{
	size_t nr = code.size / INSN_SIZE;
	autofree struct vm_insn *insns = NULL;

	if (nr == 0 || code.size % INSN_SIZE)
		return why(w, -ENOEXEC, "its program has %zu bytes", code.size);
	if (nr > LIMIT_BPF_INSNS)
		return why(w, -E2BIG, "its program has %zu instructions, at most %d are accepted",
			   nr, LIMIT_BPF_INSNS);
	insns = calloc(nr, sizeof(*insns));
	if (!insns)
		return why(w, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++) {
		unsigned char raw[2] = { 0 };
		uint16_t off = 0;
		uint32_t imm = 0;

		span_get(raw, code, i * INSN_SIZE, sizeof(raw));
		span_le16(code, i * INSN_SIZE + 2, &off);
		span_le32(code, i * INSN_SIZE + 4, &imm);
		insns[i] = (struct vm_insn){ .code = raw[0], .dst = raw[1] & 0xf,
					     .src = raw[1] >> 4, .off = (int16_t)off,
					     .imm = (int32_t)imm };
	}
	ret->insns = take_ptr(insns);
	ret->nr = nr;
	return 0;
}

void vm_program_done(struct vm_program *p)
{
	free(p->insns);
	*p = (struct vm_program){ 0 };
}

/* What the verifier cannot know to be wrong: data and functions from outside the object. */
static int check_references(const struct vm_program *p, struct why *w)
{
	for (size_t i = 0; i < p->nr; i++) {
		const struct vm_insn *insn = &p->insns[i];

		if (insn->code == OP_LD_IMM64) {
			if (insn->src)
				return why(w, -ENOEXEC, "insn %zu uses a map or global data", i);
			i++; /* its second half is no instruction */
			continue;
		}
		if (insn->code == OP_CALL && insn->src == CALL_HELPER)
			return why(w, -ENOEXEC, "insn %zu calls helper %d, of which it may use none",
				   i, insn->imm);
		if (insn->code == OP_CALL && insn->src != CALL_SUBPROGRAM)
			return why(w, -ENOEXEC, "insn %zu calls a kernel function by its number", i);
	}
	return 0;
}

static int relocate(struct vm_program *p, struct span rel, struct span symbols,
		    struct span strings, size_t i, struct why *w)
{
	struct vm_insn *insn;
	Elf64_Sym sym;
	Elf64_Rel r;
	uint64_t off, info;
	int row = -1;

	if (!span_get(&r, rel, i * sizeof(r), sizeof(r)))
		return why(w, -ENOEXEC, "relocation %zu is outside its section", i);
	off = le64toh(r.r_offset);
	info = le64toh(r.r_info);
	if (ELF64_R_TYPE(info) != R_BPF_64_32)
		return why(w, -ENOEXEC, "relocation %zu is of type %u: a map or global data", i,
			   (unsigned int)ELF64_R_TYPE(info));
	if (!span_get(&sym, symbols, ELF64_R_SYM(info) * sizeof(sym), sizeof(sym)))
		return why(w, -ENOEXEC, "relocation %zu names no symbol", i);
	for (size_t k = 0; row < 0 && vm_kfunc(k); k++)
		if (name_is(strings, le32toh(sym.st_name), vm_kfunc(k)->name))
			row = k;
	if (le16toh(sym.st_shndx) != SHN_UNDEF || row < 0)
		return why(w, -ENOEXEC, "relocation %zu names none of the host's functions", i);
	if (off % INSN_SIZE || off / INSN_SIZE >= p->nr)
		return why(w, -ENOEXEC, "relocation %zu is outside the program", i);
	insn = &p->insns[off / INSN_SIZE];
	if (insn->code != OP_CALL || insn->src != CALL_SUBPROGRAM || insn->dst || insn->off)
		return why(w, -ENOEXEC, "relocation %zu is not on a call", i);
	insn->src = CALL_KFUNC;
	insn->imm = row;
	return 0;
}

static int relocate_all(struct vm_program *p, const struct object *o, size_t text)
{
	const struct section *rel, *symbols = NULL;
	int r = find_section(&rel, o, ".relsyscall", SHT_REL);

	if (r < 0)
		return r;
	if (rel->link < o->nr)
		symbols = &o->sections[rel->link];
	if (rel->info != text || rel->entry_size != sizeof(Elf64_Rel) || !symbols ||
	    symbols->type != SHT_SYMTAB || symbols->entry_size != sizeof(Elf64_Sym) ||
	    symbols->link >= o->nr || o->sections[symbols->link].type != SHT_STRTAB)
		return why(o->why, -ENOEXEC, "its relocations do not fit its program");
	for (size_t i = 0; r == 0 && i < rel->bytes.size / sizeof(Elf64_Rel); i++)
		r = relocate(p, rel->bytes, symbols->bytes, o->sections[symbols->link].bytes, i,
			     o->why);
	/* What is still a call of its own has no relocation: the kernel takes none. */
	for (size_t i = 0; r == 0 && i < p->nr; i++) {
		if (p->insns[i].code == OP_CALL && p->insns[i].src == CALL_SUBPROGRAM)
			return why(o->why, -ENOEXEC, "insn %zu calls a function of its own", i);
		if (p->insns[i].code == OP_LD_IMM64)
			i++;
	}
	return r;
}

static bool has_section(const struct object *o, const char *name)
{
	for (size_t i = 1; i < o->nr; i++)
		if (name_is(o->names, o->sections[i].name, name))
			return true;
	return false;
}

/* A light skeleton is known by the two arrays that it consists of. */
static bool is_type2(const struct object *o)
{
	if (o->is_bpf && has_section(o, "syscall"))
		return false;
	for (size_t i = 0; i < o->nr; i++) {
		const struct section *s = &o->sections[i];
		uint32_t name;

		if (s->type != SHT_SYMTAB || s->link >= o->nr)
			continue;
		for (size_t k = 0; k < s->bytes.size / sizeof(Elf64_Sym); k++)
			if (span_le32(s->bytes, k * sizeof(Elf64_Sym), &name) &&
			    name_is(o->sections[s->link].bytes, name, "opts_insn"))
				return true;
	}
	return false;
}

static int load(struct vm_program *p, struct object *o)
{
	const struct section *text;
	int r = read_header(o);

	if (r == 0 && is_type2(o))
		return why(o->why, -EOPNOTSUPP, "it is a light skeleton, which cannot be run here yet");
	if (r == 0 && !o->is_bpf)
		return why(o->why, -ENOEXEC, "it is not a relocatable BPF object");
	if (r == 0)
		r = check_license(o);
	if (r == 0)
		r = find_section(&text, o, "syscall", SHT_PROGBITS);
	if (r == 0)
		r = vm_decode(p, text->bytes, o->why);
	if (r == 0)
		r = check_references(p, o->why);
	if (r == 0)
		r = relocate_all(p, o, text - o->sections);
	return r;
}

int vm_load(struct vm_program *ret, struct span object, struct why *w)
{
	autofree struct object *o = calloc(1, sizeof(*o));
	autoprogram struct vm_program p = { 0 };
	int r;

	if (!o)
		return why(w, -ENOMEM, "out of memory");
	o->elf = object;
	o->why = w;
	r = load(&p, o);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct vm_program){ 0 };
	return 0;
}
