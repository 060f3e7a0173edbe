/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the format table, one a format; each file here ends in its own.
 * What open() promises stands at struct file_type.
 */
#ifndef KEXEC_FORMATS_H
#define KEXEC_FORMATS_H

#include "kexec/file-type.h"

extern const struct file_type file_type_bzImage64, file_type_arm64_image, file_type_zboot,
	file_type_uki, file_type_uimage, file_type_envelope, file_type_vmlinux_x86_64,
	file_type_vmlinux_arm64, file_type_riscv64_image, file_type_loongarch64_image,
	file_type_compressed;

/*
 * Facts of a bare kernel's own header that consumers need. All of them stand in
 * every bzImage that file_type_bzImage64 accepts, whose protocol is 2.12 at least:
 * the defaults that older versions had are none of our business.
 * Documentation/arch/x86/boot.rst.
 */
struct bzImage_facts {
	uint32_t cmdline_size; /* bytes without the NUL */
	uint32_t init_size;    /* bytes of memory it runs in, from where it was loaded */

	uint64_t code_off;         /* protected-mode code, what is loaded: bytes from the start */
	uint64_t code_len;         /* its bytes: all the rest of the file, less than init_size */
	uint64_t pref_address;     /* physical; moves itself up to there if it was loaded below */
	uint32_t kernel_alignment; /* bytes, as the header has it; see bzImage_alignment() */
	uint8_t min_alignment;     /* log2 of the least it can do with; 0: it does not say */
	uint16_t xloadflags;       /* BZIMAGE_*; see there */
	uint16_t version;          /* of the boot protocol: 0x20c is 2.12 */
	bool relocatable;          /* else it runs at pref_address, wherever it was loaded */

	/* The setup header: bytes from the start of the file. A loader copies it. */
	uint32_t header_off, header_end;
};

/* A section of an ELF envelope, also of one that is refused otherwise. */
struct envelope_section {
	char name[16]; /* as much as fits */
	struct extent bytes; /* .len 0: it has none, or not inside of the file */
};

/*
 * All of them but the first, which is none. *@ret_nr at most LIMIT_BPF_ELF_SECTIONS.
 * malloc'ed. -ENOEXEC: no envelope; -EBADMSG; -E2BIG; -ENOMEM; -errno of reading.
 */
int envelope_sections(struct envelope_section **ret, size_t *ret_nr, const struct extent *image,
		      struct why *w);

/* xloadflags */
#define BZIMAGE_KERNEL_64 0x01
#define BZIMAGE_ABOVE_4G  0x02 /* kernel, initrd, command line, boot_params: anywhere */
#define BZIMAGE_EFI_KEXEC 0x10 /* understands SETUP_EFI */
#define BZIMAGE_5LEVEL    0x20 /* may be entered under five-level page tables */

/* Looks at headers only. -ENOEXEC: no bzImage; -EBADMSG. */
int bzImage_facts(struct bzImage_facts *ret, const struct extent *kernel, struct why *w);

/*
 * The alignment to load at, bytes: a power of two, a page at least, or 0 if the
 * header asks for something else, which no loader can fulfil.
 */
uint64_t bzImage_alignment(const struct bzImage_facts *f);

/*
 * An x86_64 vmlinux: where its bytes go. It is not loaded anywhere else: relocating
 * itself is the job of the bzImage's decompressor, which has no part in this.
 */
#define VMLINUX_PARTS 12 /* leaves four of the kernel's 16 segments for what comes with it */

struct vmlinux_part {
	struct extent bytes;   /* from the start of the part; less than memsz: the rest is zero */
	uint64_t paddr, memsz; /* physical, bytes; multiples of 4 KiB; ends where the next begins */
};

struct vmlinux {
	struct vmlinux_part parts[VMLINUX_PARTS]; /* by ascending address */
	size_t nr;
	uint64_t entry; /* physical, inside of the bytes of a part */

	/*
	 * Is it Linux? Such a kernel wants struct boot_params in RSI, whether or not
	 * somebody said --args-linux: it has no use for ELF boot notes, and without
	 * boot_params it does not find its memory. Anything else is started with
	 * nothing for --args-none, with boot_params for --args-linux; notes for the
	 * default of kexec-tools, --args-elf, we do not make: refuse that.
	 */
	bool is_linux;

	/*
	 * Owned. Usually BLOB_NONE: the parts are ranges of the file. Where program
	 * headers share pages there is a single part, and its bytes are all of this:
	 * give it to segments_own() and take the extent from there.
	 */
	struct blob made;
};

/*
 * Reads the program headers. -EBADMSG, -E2BIG over LIMIT_ELF_PHDRS or
 * LIMIT_INIT_SIZE, -EOPNOTSUPP if it wants memory below 1 MiB, -ENOMEM, -errno of
 * reading. That there is memory at its addresses is for the caller to find out.
 */
int vmlinux_segments(struct vmlinux *ret, const struct extent *kernel, struct why *w);

/*
 * Does a symbol's name end in @name? 1, 0, or -ENODATA if the symbols were stripped or
 * make no sense; -errno of reading. Longer than a page is -EINVAL.
 */
int vmlinux_has_symbol(const struct extent *kernel, const char *name, struct why *w);

void vmlinux_done(struct vmlinux *v);
#define autovmlinux __attribute__((cleanup(vmlinux_done)))

struct arm64_image_facts {
	uint64_t text_offset, image_size; /* bytes */
};
int arm64_image_facts(struct arm64_image_facts *ret, const struct extent *kernel, struct why *w);

#endif
