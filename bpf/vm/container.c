// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "bpf/vm/container.h"
#include "bpf/vm/elf.h"
#include "lib/cleanup.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

static const char *const program_names[LIMIT_BPF_ALTERNATIVES] = {
	".bpf.1", ".bpf.2", ".bpf.3", ".bpf.4", ".bpf.5", ".bpf.6", ".bpf.7", ".bpf.8",
};

static bool has_name(const struct elf *elf, size_t i, const char *name)
{
	return elf_name_is(elf->names, elf->sections[i].name, name);
}

static bool is_container(const struct elf *elf)
{
	for (size_t i = 1; i < elf->nr; i++)
		if (has_name(elf, i, program_names[0]))
			return true;
	return false;
}

static int take(struct span *slot, const struct elf *elf, size_t i, const char *name,
		struct why *w)
{
	const struct elf_section *s = &elf->sections[i];

	if (slot->data)
		return why(w, -ENOEXEC, "it has two sections %s", name);
	if (s->type != SHT_PROGBITS || s->bytes.size == 0)
		return why(w, -ENOEXEC, "its section %s is no program, or empty", name);
	*slot = s->bytes;
	return 0;
}

/* A section that means nothing here might mean something to somebody else. */
static int take_section(struct container *c, const struct elf *elf, size_t i, struct why *w)
{
	if (i == elf->names_index && has_name(elf, i, ".shstrtab"))
		return 0;
	for (size_t k = 0; k < LIMIT_BPF_ALTERNATIVES; k++)
		if (has_name(elf, i, program_names[k]))
			return take(&c->program[k], elf, i, program_names[k], w);
	if (has_name(elf, i, ".bpf.nested"))
		return take(&c->nested, elf, i, ".bpf.nested", w);
	return why(w, -ENOEXEC, "section %zu is neither .bpf.1 to .bpf.%d nor .bpf.nested", i,
		   LIMIT_BPF_ALTERNATIVES);
}

static int count(struct container *c, struct why *w)
{
	while (c->nr < LIMIT_BPF_ALTERNATIVES && c->program[c->nr].data)
		c->nr++;
	for (size_t k = c->nr; k < LIMIT_BPF_ALTERNATIVES; k++)
		if (c->program[k].data)
			return why(w, -ENOEXEC, "it has a section %s, but no %s", program_names[k],
				   program_names[c->nr]);
	return 0;
}

int container_open(struct container *ret, struct span object, struct why *w)
{
	autofree struct elf *elf = calloc(1, sizeof(*elf));
	struct container c = { 0 };
	int r = 0;

	if (!elf)
		return why(w, -ENOMEM, "out of memory");
	/* What is wrong with the ELF of a single program, its loader says. */
	if (elf_open(elf, object, NULL) < 0 || !is_container(elf))
		return 0;
	for (size_t i = 1; r == 0 && i < elf->nr; i++)
		r = take_section(&c, elf, i, w);
	if (r == 0)
		r = count(&c, w);
	if (r < 0) {
		why_prefix(w, "container: ");
		return r;
	}
	*ret = c;
	return 1;
}

bool container_is_parser(struct span file)
{
	autofree struct elf *elf = calloc(1, sizeof(*elf));

	return elf && elf_open(elf, file, NULL) == 0 &&
	       ((elf->machine == EM_BPF && elf->type == ET_REL) || is_container(elf));
}
