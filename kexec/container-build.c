// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/container-build.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

#define ALIGN 8
/* None, programs, what is nested, names. */
#define MAX_SECTIONS (LIMIT_BPF_ALTERNATIVES + 3)

struct builder {
	FILE *f;
	uint64_t at; /* how much is written */
	Elf64_Shdr section[MAX_SECTIONS];
	size_t nr;
	char names[128];
	size_t names_len;
};

static void put(struct builder *b, const void *bytes, size_t len)
{
	fwrite(bytes, 1, len, b->f);
	b->at += len;
}

static void align(struct builder *b)
{
	static const unsigned char zeros[ALIGN];

	put(b, zeros, -b->at & (ALIGN - 1));
}

/* All names together are shorter than their room, whatever sections there are. */
static uint32_t add_name(struct builder *b, const char *name)
{
	uint32_t at = b->names_len;

	memcpy(b->names + at, name, strlen(name) + 1);
	b->names_len += strlen(name) + 1;
	return at;
}

static void add_section(struct builder *b, uint32_t name, uint32_t type, struct span bytes)
{
	align(b);
	b->section[b->nr++] = (Elf64_Shdr){
		.sh_name = htole32(name),
		.sh_type = htole32(type),
		.sh_offset = htole64(b->at),
		.sh_size = htole64(bytes.size),
		.sh_addralign = htole64(type == SHT_STRTAB ? 1 : ALIGN),
	};
	put(b, bytes.data, bytes.size);
}

static void add_names(struct builder *b)
{
	uint32_t name = add_name(b, ".shstrtab");

	add_section(b, name, SHT_STRTAB,
		    (struct span){ (const unsigned char *)b->names, b->names_len });
}

/* In front of everything, when it is known what follows. */
static Elf64_Ehdr header(const struct builder *b)
{
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = htole16(ET_REL),
		.e_machine = htole16(EM_BPF),
		.e_version = htole32(EV_CURRENT),
		.e_ehsize = htole16(sizeof(eh)),
		.e_shoff = htole64(b->at),
		.e_shentsize = htole16(sizeof(b->section[0])),
		.e_shnum = htole16(b->nr),
		.e_shstrndx = htole16(b->nr - 1),
	};

	return eh;
}

static void add_all(struct builder *b, const struct span *programs, size_t nr, struct span nested)
{
	static const Elf64_Ehdr none;

	put(b, &none, sizeof(none));
	b->nr = 1;
	b->names_len = 1;
	for (size_t i = 0; i < nr; i++) {
		char name[32];

		snprintf(name, sizeof(name), ".bpf.%zu", i + 1);
		add_section(b, add_name(b, name), SHT_PROGBITS, programs[i]);
	}
	if (nested.data)
		add_section(b, add_name(b, ".bpf.nested"), SHT_PROGBITS, nested);
	add_names(b);
	align(b);
}

static int check_request(const struct span *programs, size_t nr, struct span nested,
			 struct why *w)
{
	uint64_t total = nested.size;

	if (nr == 0)
		return why(w, -EINVAL, "no program to put into a container");
	if (nr > LIMIT_BPF_ALTERNATIVES)
		return why(w, -E2BIG, "%zu programs, a container has room for %d", nr,
			   LIMIT_BPF_ALTERNATIVES);
	for (size_t i = 0; i < nr; i++)
		total += programs[i].size;
	if (total > LIMIT_PARSER)
		return why(w, -E2BIG, "programs of %llu bytes together, at most %llu are accepted",
			   (unsigned long long)total, (unsigned long long)LIMIT_PARSER);
	return 0;
}

int container_build(unsigned char **ret, size_t *ret_len, const struct span *programs, size_t nr,
		    struct span nested, struct why *w)
{
	autofree char *text = NULL;
	struct builder b = { 0 };
	Elf64_Ehdr eh;
	size_t size;
	int r = check_request(programs, nr, nested, w);

	if (r < 0)
		return r;
	b.f = open_memstream(&text, &size);
	if (!b.f)
		return why(w, -ENOMEM, "out of memory");
	add_all(&b, programs, nr, nested);
	eh = header(&b);
	put(&b, b.section, b.nr * sizeof(b.section[0]));
	/* What could not be written for want of memory is missing, whatever fclose() says. */
	if (fclose(b.f) != 0 || !text || size != b.at)
		return why(w, -ENOMEM, "out of memory");
	memcpy(text, &eh, sizeof(eh));
	if (size > LIMIT_PARSER)
		return why(w, -E2BIG, "container of %zu bytes, at most %llu are accepted", size,
			   (unsigned long long)LIMIT_PARSER);
	*ret = (unsigned char *)take_ptr(text);
	*ret_len = size;
	return 0;
}
