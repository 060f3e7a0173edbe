/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is going to boot: the one type that carries a kernel between modules.
 *
 * Producers (kexec/formats/, bpf/) fill it, consumers (load-file.c,
 * load-segments.c, plan.c) take it const. Its parts are extents: ranges of
 * blobs that the image owns, read by nobody until a consumer needs the bytes.
 */
#ifndef KEXEC_BOOT_IMAGE_H
#define KEXEC_BOOT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/blob.h"
#include "lib/limits.h"
#include "lib/why.h"

struct file_type;

/* Layers, explicit initrds, addons and what we make. */
#define BOOT_IMAGE_BLOBS (LIMIT_LAYERS + LIMIT_INITRDS + LIMIT_ADDONS + 4)

struct boot_part {
	struct extent bytes;
	char origin[64]; /* where it came from: "section .initrd", "--initrd" */
	bool given;      /* by the user; else it was in the image */
	struct extent packed; /* what .bytes were unpacked from; .blob NULL: nothing was */
};

/* Which profile of a unified kernel image, FORMATS.md section 2. */
struct uki_choice {
	const char *id;	     /* of the profile's own ID=; NULL: by number */
	unsigned int number; /* from 0 */
};

struct boot_image {
	struct boot_part kernel;
	struct boot_part initrd[LIMIT_INITRDS]; /* in load order */
	size_t nr_initrd;
	char *cmdline; /* owned; NULL: none */
	char cmdline_origin[64];
	bool cmdline_given;
	struct extent cmdline_bytes; /* the section it was read from; .blob NULL: none */
	struct boot_part dtb; /* .bytes.blob is NULL: none */

	/* The parser program that the file itself carries, section .bpf; .blob is NULL: none. */
	struct extent parser;

	/* The formats that were opened on the way in, outermost first; the last is the kernel's. */
	const struct file_type *layers[LIMIT_LAYERS];
	size_t nr_layers;
	struct boot_part opened[LIMIT_LAYERS]; /* what each of them was opened from */

	struct blob *blobs[BOOT_IMAGE_BLOBS]; /* owned */
	size_t nr_blobs;

	/* While the file is opened: for the first UKI that is met. Borrowed; NULL: profile 0. */
	const struct uki_choice *choice;
	/* Something else than the file's own first profile, with --initrd and --command-line. */
	bool altered;
};

/* Frees all it owns. Safe on zeroes; leaves zeroes. */
void boot_image_done(struct boot_image *img);
#define autoimage __attribute__((cleanup(boot_image_done)))

/*
 * Takes @b over (and leaves it zeroed) whether or not it succeeds, because the
 * caller would only have to free it. @ret_extent: all of it. -E2BIG, -ENOMEM.
 */
int boot_image_own(struct boot_image *img, struct blob *b, struct extent *ret_extent,
		   struct why *w);

/* Adds one initrd part at the end. -E2BIG over LIMIT_INITRDS. */
int boot_image_add_initrd(struct boot_image *img, const struct extent *bytes, const char *origin,
			  struct why *w);

/* Sets the command line, a copy of @text cut to @len. -ENOMEM. */
int boot_image_set_cmdline(struct boot_image *img, const char *text, size_t len,
			   const char *origin, struct why *w);

/* Zeros behind part @i when the initrd parts are joined: the next one starts at a multiple of 4. */
unsigned int boot_image_initrd_padding(const struct boot_image *img, size_t i);

/* The size of all initrd parts joined: each but the last padded with zeros to 4 bytes. */
uint64_t boot_image_initrd_size(const struct boot_image *img);

/*
 * Appends all initrd parts, joined as above, to a memfd. 0, or -errno of
 * reading or writing.
 */
int boot_image_join_initrd(const struct boot_image *img, struct blob *memfd, struct why *w);

/*
 * The canonical description, one line a part, malloc'ed: what -d prints, what
 * --dry-run shows and what the golden tests compare. Printable ASCII, whatever is in the
 * image (lib/escape.h). NULL if out of memory.
 */
char *boot_image_dump(const struct boot_image *img);

#endif
