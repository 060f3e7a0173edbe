/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of type 1: BPF_ABI.md, "The file of type 1". The relocation: Linux'
 * Documentation/bpf/llvm_reloc.rst.
 *
 * Everything the kernel's loader refuses is refused: a program that it would
 * not run must not be shown here as one that runs.
 */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm/elf.h"
#include "bpf/vm/lskel.h"
#include "bpf/vm/machine.h"
#include "bpf/vm/world.h"
#include "lib/cleanup.h"

#ifndef R_BPF_64_32
#define R_BPF_64_32 10
#endif

#define LICENSE_MAX 64

/* The kernel lets only these call its functions. */
static bool is_free(const char *text)
{
	static const char *const good[] = {
		"GPL", "GPL v2", "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (strcmp(text, good[i]) == 0)
			return true;
	return false;
}

int vm_check_license(const char *text, struct why *w)
{
	if (is_free(text))
		return 0;
	return why(w, -ENOEXEC, "its licence is '%s'; the kernel's functions are for GPL programs",
		   text);
}

static int check_license(const struct elf *elf, struct why *w)
{
	const struct elf_section *s;
	char text[LICENSE_MAX] = "";
	int r = elf_find(&s, elf, "license", SHT_PROGBITS, w);

	if (r < 0)
		return r;
	if (s->bytes.size == 0 || s->bytes.size > sizeof(text) ||
	    !span_get(text, s->bytes, 0, s->bytes.size) || text[s->bytes.size - 1] != '\0')
		return why(w, -ENOEXEC, "its section license is no string");
	return vm_check_license(text, w);
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
	world_free(p->world);
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
		if (elf_name_is(strings, le32toh(sym.st_name), vm_kfunc(k)->name))
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

static int relocate_all(struct vm_program *p, const struct elf *elf, size_t text, struct why *w)
{
	const struct elf_section *rel, *symbols = NULL;
	int r = elf_find(&rel, elf, ".relsyscall", SHT_REL, w);

	if (r < 0)
		return r;
	if (rel->link < elf->nr)
		symbols = &elf->sections[rel->link];
	if (rel->info != text || rel->entry_size != sizeof(Elf64_Rel) || !symbols ||
	    symbols->type != SHT_SYMTAB || symbols->entry_size != sizeof(Elf64_Sym) ||
	    symbols->link >= elf->nr || elf->sections[symbols->link].type != SHT_STRTAB)
		return why(w, -ENOEXEC, "its relocations do not fit its program");
	for (size_t i = 0; r == 0 && i < rel->bytes.size / sizeof(Elf64_Rel); i++)
		r = relocate(p, rel->bytes, symbols->bytes, elf->sections[symbols->link].bytes, i,
			     w);
	/* What is still a call of its own has no relocation: the kernel takes none. */
	for (size_t i = 0; r == 0 && i < p->nr; i++) {
		if (p->insns[i].code == OP_CALL && p->insns[i].src == CALL_SUBPROGRAM)
			return why(w, -ENOEXEC, "insn %zu calls a function of its own", i);
		if (p->insns[i].code == OP_LD_IMM64)
			i++;
	}
	return r;
}

static int load_plain(struct vm_program *p, const struct elf *elf, struct why *w)
{
	const struct elf_section *text;
	int r;

	if (elf->machine != EM_BPF)
		return why(w, -ENOEXEC, "it is not a relocatable BPF object");
	r = check_license(elf, w);
	if (r == 0)
		r = elf_find(&text, elf, "syscall", SHT_PROGBITS, w);
	if (r == 0)
		r = vm_decode(p, text->bytes, w);
	if (r == 0)
		r = check_references(p, w);
	if (r == 0)
		r = relocate_all(p, elf, text - elf->sections, w);
	return r;
}

int vm_load(struct vm_program *ret, struct span object, const struct vm_trace *trace, struct why *w)
{
	autofree struct elf *elf = calloc(1, sizeof(*elf));
	autoprogram struct vm_program p = { 0 };
	struct lskel skel;
	int r;

	if (!elf)
		return why(w, -ENOMEM, "out of memory");
	r = elf_open(elf, object, w);
	if (r == 0 && elf->type != ET_REL)
		r = why(w, -ENOEXEC, "it is not a relocatable ELF object");
	if (r == 0)
		r = lskel_find(&skel, elf, w);
	if (r == 0)
		r = load_plain(&p, elf, w);
	else if (r > 0)
		r = lskel_load(&p, &skel, trace, w);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct vm_program){ 0 };
	return 0;
}
