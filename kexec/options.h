/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of kexec: one table, parsed once into a constant struct.
 *
 * The table (options.c) is the only place that knows spellings; --help prints
 * from it and a test compares it with kexec.8. The contract is KEXEC_CLI.md:
 * spellings, unique abbreviations and exit codes are those of kexec-tools; our
 * own new options match only when spelled in full.
 */
#ifndef KEXEC_OPTIONS_H
#define KEXEC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/limits.h"
#include "lib/why.h"

struct arch_ops;

/* Exit codes of kexec; scripts tell them apart. */
enum kexec_exit {
	KEXEC_EXIT_OK = 0,
	KEXEC_EXIT_DIE = 1,              /* bad usage, bad input; -S: something is loaded */
	KEXEC_EXIT_FALLBACK = 253,       /* -s refused with an errno that -a would fall back on */
	KEXEC_EXIT_NO_CRASH_KERNEL = 254, /* -c -p without a reservation */
	KEXEC_EXIT_FAILED = 255,         /* the kernel refused */
};

enum kexec_syscall { /* the last of -s, -c, -a wins */
	SYSCALL_AUTO,
	SYSCALL_FILE,
	SYSCALL_CLASSIC,
};

/* The class of the elfcorehdr that a crash kernel gets; kexec_load only. */
enum core_headers {
	CORE_HEADERS_AUTO,
	CORE_HEADERS_ELF32,
	CORE_HEADERS_ELF64,
};

/* What an ELF kernel is given; kexec_load only. */
enum elf_args {
	ELF_ARGS_ELF, /* boot notes */
	ELF_ARGS_LINUX,
	ELF_ARGS_NONE,
};

enum cross_check_mode {
	CROSS_CHECK_ON,
	CROSS_CHECK_OFF,
	CROSS_CHECK_REQUIRE,
	CROSS_CHECK_ATTEST,
};

/* All strings point into argv. NULL: not given. */
struct kexec_options {
	/*
	 * What to do. "The last action option wins" is already applied. The first
	 * of these three ends the command line: at most one is set.
	 */
	bool help, version, print_ckr_size;
	bool status;          /* -S: supersedes everything below */
	bool status_reboot;   /* -S with -l, without -p: the reboot kernel, else the crash kernel */
	/* In this order: unload, load, exec or shutdown. All false after the four above. */
	bool load, unload, exec, shutdown;
	bool force;           /* -f was the last of the actions */
	bool crash;           /* -p */
	bool dry_run, json;

	enum kexec_syscall syscall;
	bool debug;
	bool no_ifdown, no_sync, no_checks;
	bool no_cma, force_dtb;
	bool discard_handover; /* kexec_load may lose what Kexec HandOver preserves */
	bool reuse_cmdline, reuse_initrd;
	const char *type;     /* -t */
	uint64_t mem_min, mem_max; /* mem_max is UINT64_MAX if not given */
	bool mem_given;

	const char *cmdline;  /* --command-line, --append; may be empty */
	const char *initrds[LIMIT_INITRDS]; /* in the order given */
	size_t nr_initrds;
	const char *dtb;
	const char *profile;  /* of a UKI: its number or name */
	const char *addons[LIMIT_ADDONS];
	size_t nr_addons;
	bool no_addons, stub_initrds;

	const char *parser;   /* --parser=auto|none|FILE; NULL: auto */
	enum cross_check_mode cross_check;

	/* Only kexec_load has a use for these; kexec_file_load ignores them, as ever. */
	bool hotplug;
	bool reset_vga, console_vga, console_serial;
	bool pass_memmap_cmdline, noefi;
	bool reuse_video_type; /* changes nothing: the video type is always passed on */
	const char *serial, *serial_baud; /* not looked at: ports and names differ by machine */
	enum core_headers core_headers;
	enum elf_args elf_args;
	const char *modules[LIMIT_INITRDS]; /* of a multiboot kernel, "FILE ARGUMENTS" */
	size_t nr_modules;

	const char *kernel;   /* the first operand; NULL with .load: bad usage, exit 255 */
	const char *ignored;  /* a second operand: always ignored, worth a word with -d */
};

/*
 * Parses argv like getopt_long(3), operands anywhere, for @arch. 0; -EINVAL for
 * bad usage; -E2BIG for more initrds than fit; -EOPNOTSUPP for an option that is
 * known but refused. Then @w says what, and @ret is untouched.
 */
int kexec_options_parse(struct kexec_options *ret, int argc, char **argv,
			const struct arch_ops *arch, struct why *w);

/* The text of --help for @arch. */
void kexec_options_help(FILE *out, const struct arch_ops *arch);

#endif
