/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the command line: the table of options and the scanner that reads
 * argv by it. Only options.c, options-table.c and their test include this;
 * everyone else sees the parsed struct kexec_options.
 */
#ifndef KEXEC_OPTIONS_TABLE_H
#define KEXEC_OPTIONS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/why.h"

struct arch_ops;

enum option_effect {
	OPT_NONE, /* refused, or not there yet: .help says why */
	OPT_FLAG, /* sets the bool at .field */
	OPT_STRING, /* sets the string at .field; the last one wins */
	OPT_LOAD,
	OPT_LOAD_PANIC,
	OPT_UNLOAD,
	OPT_EXEC,
	OPT_FORCE,
	OPT_SYSCALL,
	OPT_TYPE,
	OPT_MEM_MIN,
	OPT_MEM_MAX,
	OPT_INITRD,
	OPT_MODULE,
	OPT_ADDON,
	OPT_CORE_HEADERS,
	OPT_ELF_ARGS,
	OPT_PARSER,
	OPT_CROSS_CHECK,
};

/* In the order of --help. */
enum option_group {
	GROUP_ACTIONS,
	GROUP_SYSCALL,
	GROUP_PARTS,
	GROUP_MODIFIERS,
	GROUP_ARCH,
	GROUP_REFUSED, /* for good; .help is the reason */
	NR_OPTION_GROUPS,
};

struct option_row {
	const char *name; /* without the dashes; NULL ends the table */
	char letter;      /* 0: none */
	bool in_full;     /* ours: no abbreviation ever means it, or fails because of it */
	enum option_effect effect;
	enum option_group group;
	size_t field;     /* of struct kexec_options, for FLAG and STRING */
	int value;        /* for SYSCALL, CORE_HEADERS and ELF_ARGS */
	const struct arch_ops *arch; /* NULL: all */
	const char *arg;  /* what to call the argument; NULL: takes none */
	const char *help;
};

extern const struct option_row option_rows[];

/*
 * The option that the @len bytes at @word, which follow "--", stand for: an
 * exact name, or a unique beginning of one. -EINVAL if there is none, or if
 * several begin so and are not aliases of one option.
 */
int option_find(const struct option_row **ret, const struct option_row *rows,
		const struct arch_ops *arch, const char *word, size_t len, struct why *w);

/* A walk through argv; zeroes except for the first four are its start. */
struct option_scan {
	const struct option_row *rows;
	const struct arch_ops *arch;
	int argc;
	char **argv;
	int next;            /* of argv, not counting argv[0] */
	const char *letters; /* what is left of "-abc" */
	bool only_operands;  /* "--" was there */
};

enum option_event {
	OPTION_END,
	OPTION_ROW,     /* *ret_row and, if it takes one, its argument */
	OPTION_OPERAND, /* *ret_arg */
};

/*
 * The next option or operand: an enum option_event, or -EINVAL. Words come in
 * the order of argv; an operand does not end the options.
 */
int option_scan_next(struct option_scan *s, const struct option_row **ret_row,
		     const char **ret_arg, struct why *w);

#endif
