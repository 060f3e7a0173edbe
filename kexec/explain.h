/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the kernel refused, and what to do: an errno and facts of the machine
 * become one line for someone at 3 a.m.
 *
 * This is the one place that reads a meaning into an errno. It is pure: facts
 * go in, text comes out. What the facts prove is said plainly; a cause that
 * only fits is called probable, and several are listed as such.
 */
#ifndef KEXEC_EXPLAIN_H
#define KEXEC_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kexec/host.h"
#include "kexec/kho.h"

struct refusal {
	bool file_load; /* kexec_file_load, else kexec_load */
	bool crash;	/* -p */
	bool unload;
	bool exec;		   /* neither: reboot(2) into the loaded kernel */
	int err;		   /* positive errno */
	unsigned long flags;	   /* as passed to the syscall */
	const char *arch;	   /* arch_ops name; NULL: does not matter */
	const char *kernel_format; /* label of the format that was passed; NULL for an unload */
	bool whole;            /* route whole: the kernel was to take it apart */
	bool detached;         /* then: with a parser that is a file of its own */
	bool as_is;		   /* the user's own file went in, else a memfd of ours */
	uint64_t kernel_size, initrd_size; /* bytes */
	const struct kho *kho; /* scratch areas that it has to fit into; NULL: not known */
	uint64_t memory_size; /* bytes the kernel will occupy (init_size, image_size); 0: unknown */
	uint64_t cmdline_len; /* without the NUL */
	uint64_t cmdline_max; /* bytes without the NUL that this kernel takes; 0: unknown */
};

/*
 * Writes one line without newline: strerror's text and errno's name in
 * brackets, what it means on this machine, what to do. Always writes something;
 * cuts at @size, NUL included. @h was read before the call that was refused.
 */
void explain(char *buf, size_t size, const struct refusal *r, const struct host *h);

/* What an errno means when the kernel takes an image apart; NULL: nothing of its own. */
const char *explain_whole(const struct refusal *r, const char **ret_name);

/* The same where the parser is a file of its own, as far as that is different. */
const char *explain_detached(int err, const char **ret_name);

/* What an errno means of kexec_load alone; NULL: nothing of its own. @ret_name is then not used. */
const char *explain_segments(const struct refusal *r, const struct host *h, const char **ret_name);

/*
 * Would kexec -a try kexec_load(2) after this errno of kexec_file_load(2)?
 * Never after a signature error. @err is positive.
 */
bool explain_is_fallback(int err);

/* The same, of a crash kernel that is to get keys of dm-crypt volumes; Linux 6.16 and later. */
const char *explain_crypt_keys(const struct refusal *r, const struct host *h,
			       const char **ret_name);

/* What EINVAL can mean besides, where such keys are to be passed on; else NULL. */
const char *explain_crypt_key_shape(const struct refusal *r, const struct host *h);

#endif
