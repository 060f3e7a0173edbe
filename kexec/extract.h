/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files kexec-image extract writes, and what is in them. The names are
 * those of files in one folder: no slash, never "." or "..", each once.
 */
#ifndef KEXEC_EXTRACT_H
#define KEXEC_EXTRACT_H

#include "kexec/boot-image.h"
#include "kexec/out-file.h"
#include "lib/limits.h"

#define EXTRACT_PARTS 4 /* kernel, initrd, cmdline, dtb */
#define EXTRACT_ITEMS (LIMIT_PE_SECTIONS + EXTRACT_PARTS)

struct extract_item {
	char name[40];
	struct extent bytes; /* .blob NULL: the initrds joined, or the command line */
	uint64_t len;
};

struct extract {
	struct boot_image img;
	struct extract_item items[EXTRACT_ITEMS];
	size_t nr;
};

/* Both NULL: everything. */
struct extract_request {
	const char *section; /* ".linux", ".cmdline@1": in profile @1, ".dtbauto.2": the second */
	const char *part;    /* "kernel", "initrd", "cmdline" or "dtb" */
};

/*
 * Takes @file over. Sections are those of the outermost PE file, and are to be had
 * from one without a kernel too. -EBADMSG, -EOPNOTSUPP, ..: as file_type_open(), or
 * a section with no name for a file; -ENODATA: there is no such section or part;
 * -EINVAL: there is never such a part; -ENOMEM, -errno of reading.
 */
int extract_plan(struct extract *ret, struct blob *file, const struct extract_request *request,
		 struct why *w);
void extract_done(struct extract *x);
#define autoextract __attribute__((cleanup(extract_done)))

/* Writes the contents of item @i; errors stick in @o. */
void extract_write(struct out_file *o, const struct extract *x, size_t i);

#endif
