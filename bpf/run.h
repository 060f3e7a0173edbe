/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second producer: the parser program that an image carries, run here as
 * the kernel would run it, names the parts of the image.
 *
 * What comes out is the embedded image of DESIGN.md, to be compared with what
 * kexec/formats/ makes of the same file. The two share lib/, struct boot_image
 * and nothing else.
 */
#ifndef BPF_RUN_H
#define BPF_RUN_H

#include <stdbool.h>

#include "bpf/vm/stage.h"
#include "kexec/boot-image.h"

struct bpf_options {
	/* The object (of either type) of a detached parser; NULL: each image's own section .bpf. */
	const struct blob *parser;
	bool crash;    /* for a crash load */
	bool enforced; /* as if signatures were enforced, and all there are were good */
	const struct vm_trace *trace; /* NULL: none */
};

/*
 * Runs the program on @file, then the program of the kernel that came out, and
 * so on until an image carries none. Like file_type_open(), takes @file over
 * (and leaves it zeroed) whether or not it succeeds; @ret owns it then, and its
 * parts are ranges of it: only what was compressed is copied. Who wants both
 * producers on one file has it twice, by blob_dup(). @ret has no layers: a
 * program says where a part is, not what it is. @o NULL: the defaults.
 *
 * -ENOEXEC: no program, or it does not recognise the image (bpf_locate() tells
 * which); -EOPNOTSUPP: the machine here lacks something that the program, or
 * what it asks for, needs: the kernel might do it; or the kernel is compressed in a
 * way that no kernel unpacks for a program; -EBADMSG: the program refuses
 * the image, or is itself refused; -E2BIG, -ENOMEM, -errno of reading.
 */
int bpf_run(struct boot_image *ret, struct blob *file, const struct bpf_options *o,
	    struct why *w);

#endif
