// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF vmlinux: "System V ABI", chapters 4 and 5. Where its bytes go: vmlinux-segments.c. */
#include <elf.h>
#include <endian.h>
#include <errno.h>

#include "kexec/formats/formats.h"
#include "kexec/formats/vmlinux.h"
#include "lib/span.h"

int vmlinux_header(Elf64_Ehdr *ret, const struct extent *image, uint16_t machine, struct why *w)
{
	Elf64_Ehdr eh;
	int n = extent_head(image, &eh, sizeof(eh), w);

	if (n < 0)
		return n;
	if (!span_is((struct span){ (unsigned char *)&eh, n }, 0, ELFMAG, SELFMAG))
		return -ENOEXEC;
	if ((size_t)n < sizeof(eh))
		return why(w, -EBADMSG, "ELF file ends inside its header");
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return why(w, -EOPNOTSUPP, "ELF file is not 64-bit little endian");
	if (le16toh(eh.e_machine) != machine)
		return -ENOEXEC;
	if (le16toh(eh.e_type) != ET_EXEC && le16toh(eh.e_type) != ET_DYN)
		return why(w, -EBADMSG, "ELF file is no vmlinux: it is not executable");
	*ret = eh;
	return 0;
}

static int open_x86_64(struct boot_image *img, struct why *w)
{
	return vmlinux_check(&img->kernel.bytes, EM_X86_64, w);
}

static int open_arm64(struct boot_image *img, struct why *w)
{
	return vmlinux_check(&img->kernel.bytes, EM_AARCH64, w);
}

const struct file_type file_type_vmlinux_x86_64 = {
	.name = "elf-x86_64",
	.label = "ELF vmlinux",
	.shape = BARE_KERNEL,
	.machine = "x86_64",
	.open = open_x86_64,
};

const struct file_type file_type_vmlinux_arm64 = {
	.name = "vmlinux",
	.label = "ELF vmlinux",
	.shape = BARE_KERNEL,
	.machine = "arm64",
	.open = open_arm64,
};
