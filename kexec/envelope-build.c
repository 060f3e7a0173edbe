// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "kexec/envelope-build.h"
#include "lib/cleanup.h"
#include "lib/limits.h"

#define ALIGN 8

static const char names[] = "\0.kernel\0.initrd\0.cmdline\0.shstrtab";

enum section {
	NONE,
	KERNEL,
	INITRD,
	CMDLINE,
	NAMES,
};

struct span envelope_names(void)
{
	return (struct span){ (const unsigned char *)names, sizeof(names) };
}

static void set_section(struct envelope *e, enum section i, unsigned int name, uint64_t off,
			uint64_t size)
{
	e->head.section[i] = (Elf64_Shdr){
		.sh_name = htole32(name),
		.sh_type = htole32(i == NAMES ? SHT_STRTAB : SHT_PROGBITS),
		.sh_flags = htole64(i == NAMES ? 0 : SHF_ALLOC),
		.sh_offset = htole64(off),
		.sh_size = htole64(size),
		.sh_addralign = htole64(1),
	};
}

static void set_header(struct envelope *e)
{
	static const unsigned char ident[EI_NIDENT] = {
		ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT,
	};

	memcpy(e->head.elf.e_ident, ident, sizeof(ident));
	e->head.elf.e_type = htole16(ET_EXEC);
	e->head.elf.e_machine = htole16(EM_AARCH64); /* whatever the kernel's is */
	e->head.elf.e_version = htole32(EV_CURRENT);
	e->head.elf.e_shoff = htole64(sizeof(e->head.elf));
	e->head.elf.e_ehsize = htole16(sizeof(e->head.elf));
	e->head.elf.e_shentsize = htole16(sizeof(e->head.section[0]));
	e->head.elf.e_shnum = htole16(ENVELOPE_SECTIONS);
	e->head.elf.e_shstrndx = htole16(NAMES);
}

/* The zeros behind @at up to the next multiple. */
static unsigned int gap_at(uint64_t at)
{
	return -at & (ALIGN - 1);
}

int envelope_build(struct envelope *ret, uint64_t kernel_len, uint64_t initrd_len,
		   uint64_t cmdline_len, struct why *w)
{
	struct envelope e = { 0 };
	uint64_t at = sizeof(e.head);

	if (cmdline_len > LIMIT_CMDLINE)
		return why(w, -E2BIG, "command line of %llu bytes, at most %llu make sense",
			   (unsigned long long)cmdline_len, (unsigned long long)LIMIT_CMDLINE);
	/* Each alone first, so that no sum below can wrap. */
	if (kernel_len > LIMIT_FILE_SIZE || initrd_len > LIMIT_FILE_SIZE)
		return why(w, -E2BIG, "kernel or initrd is larger than 4 GiB");
	set_header(&e);
	set_section(&e, KERNEL, sizeof(""), at, kernel_len);
	at += kernel_len;
	set_section(&e, INITRD, sizeof("\0.kernel"), at, initrd_len);
	at += initrd_len;
	e.gap[0] = gap_at(at);
	at += e.gap[0];
	e.cmdline_size = cmdline_len + 1;
	set_section(&e, CMDLINE, sizeof("\0.kernel\0.initrd"), at, e.cmdline_size);
	at += e.cmdline_size;
	e.gap[1] = gap_at(at);
	at += e.gap[1];
	set_section(&e, NAMES, sizeof("\0.kernel\0.initrd\0.cmdline"), at, sizeof(names));
	at += sizeof(names);
	if (at > LIMIT_FILE_SIZE)
		return why(w, -E2BIG, "envelope would be larger than 4 GiB, which the kernel "
			   "cannot load");
	e.size = at;
	*ret = e;
	return 0;
}
