/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both producers on one file, and whether they agree: the C parsers, and the
 * parser program that the kernel would run. Pure: says what is, decides nothing.
 */
#ifndef KEXEC_CROSS_CHECK_H
#define KEXEC_CROSS_CHECK_H

#include "bpf/run.h"
#include "kexec/boot-image-compare.h"

enum cross_verdict {
	CROSS_EQUAL,        /* both accept it, the same bytes */
	CROSS_DIFFERENT,    /* both accept it */
	CROSS_ONLY_PARSERS, /* the program refuses it */
	CROSS_ONLY_PROGRAM, /* the parsers refuse it */
	CROSS_BOTH_REFUSE,
	CROSS_NO_PROGRAM,
	CROSS_UNKNOWN,      /* parsers accept; the program needs what we lack, the kernel may not */
};

struct cross_check {
	enum cross_verdict verdict;
	struct boot_image_diff diff; /* if DIFFERENT; [0] is the parsers' */
	/* Who accepts has an image, owned; who does not, a reason. */
	struct boot_image parsers, program;
	struct why parsers_why, program_why;
};

/*
 * Opens @file in both ways; borrows it. What a program names must, like what the
 * parsers find, be a kernel that some loader knows: the kernel asks its own. 0
 * and a verdict, or what kept both from being heard: -ENOMEM, -errno of reading.
 */
int cross_check(struct cross_check *ret, const struct blob *file, const struct bpf_options *o,
		struct why *w);

/*
 * The same for an image that file_type_open() has opened already: nothing is
 * read twice. Takes @parsers over, and gives it back as ret->parsers; on failure
 * it stays where it was.
 */
int cross_check_opened(struct cross_check *ret, struct boot_image *parsers,
		       const struct bpf_options *o, struct why *w);

/* "equal", "different", "only-parsers", ..: for scripts. */
const char *cross_verdict_name(enum cross_verdict v);

/* Safe on zeroes; leaves zeroes. */
void cross_check_done(struct cross_check *c);
#define autocross __attribute__((cleanup(cross_check_done)))

#endif
