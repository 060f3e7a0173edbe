/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scanner of the command line against getopt_long() and kexec-tools.
 *
 * The tables below are facts about kexec-tools 2.0.32 (names, arguments, values
 * as its binaries for x86_64 and arm64 hold them) plus --no-cma and --force-dtb,
 * which came after it. Every abbreviation is resolved by the C library's
 * getopt_long() on those tables and by ours, and random command lines go
 * through both.
 */
#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/arch/arch.h"
#include "kexec/options-table.h"
#include "lib/cleanup.h"

#define MAX_ARGS 32

#define UPSTREAM_GENERIC                                                                  \
	{ "help", 0, NULL, 'h' }, { "version", 0, NULL, 'v' }, { "force", 0, NULL, 'f' }, \
	{ "no-checks", 0, NULL, 'i' }, { "no-ifdown", 0, NULL, 'x' },                     \
	{ "no-sync", 0, NULL, 'y' }, { "load", 0, NULL, 'l' },                            \
	{ "unload", 0, NULL, 'u' }, { "exec", 0, NULL, 'e' },                             \
	{ "exec-live-update", 0, NULL, 264 }, { "load-preserve-context", 0, NULL, 259 },  \
	{ "load-jump-back-helper", 0, NULL, 260 }, { "load-live-update", 0, NULL, 263 },  \
	{ "entry", 1, NULL, 261 }, { "type", 1, NULL, 't' },                              \
	{ "load-panic", 0, NULL, 'p' }, { "mem-min", 1, NULL, 256 },                      \
	{ "mem-max", 1, NULL, 257 }, { "reuseinitrd", 0, NULL, 258 },                     \
	{ "kexec-file-syscall", 0, NULL, 's' }, { "kexec-syscall", 0, NULL, 'c' },        \
	{ "kexec-syscall-auto", 0, NULL, 'a' }, { "debug", 0, NULL, 'd' },                \
	{ "status", 0, NULL, 'S' }, { "print-ckr-size", 0, NULL, 262 },                   \
	{ "hotplug", 0, NULL, 265 }, { "no-cma", 0, NULL, 1001 },                         \
	{ "force-dtb", 0, NULL, 1002 }

static const struct option upstream_x86_64[] = {
	UPSTREAM_GENERIC,
	{ "reset-vga", 0, NULL, 266 },
	{ "serial", 1, NULL, 267 },
	{ "serial-baud", 1, NULL, 268 },
	{ "console-vga", 0, NULL, 269 },
	{ "console-serial", 0, NULL, 270 },
	{ "elf32-core-headers", 0, NULL, 271 },
	{ "elf64-core-headers", 0, NULL, 272 },
	{ "pass-memmap-cmdline", 0, NULL, 284 },
	{ "noefi", 0, NULL, 285 },
	{ "reuse-video-type", 0, NULL, 286 },
	{ "command-line", 1, NULL, 273 },
	{ "append", 1, NULL, 273 },
	{ "reuse-cmdline", 0, NULL, 274 },
	{ "initrd", 1, NULL, 275 },
	{ "ramdisk", 1, NULL, 275 },
	{ "args-elf", 0, NULL, 276 },
	{ "args-linux", 0, NULL, 277 },
	{ "args-none", 0, NULL, 278 },
	{ "module", 1, NULL, 280 },
	{ "real-mode", 0, NULL, 282 },
	{ "entry-32bit", 0, NULL, 283 },
	{ "dtb", 1, NULL, 287 },
	{ NULL, 0, NULL, 0 },
};

static const struct option upstream_arm64[] = {
	UPSTREAM_GENERIC,
	{ "append", 1, NULL, 266 },
	{ "command-line", 1, NULL, 266 },
	{ "dtb", 1, NULL, 267 },
	{ "initrd", 1, NULL, 268 },
	{ "serial", 1, NULL, 270 },
	{ "ramdisk", 1, NULL, 268 },
	{ "reuse-cmdline", 0, NULL, 269 },
	{ NULL, 0, NULL, 0 },
};

/* Without '?', which getopt reports as it reports an error. */
static const char upstream_letters[] = "hvdfixyluet:pscaS";

static const struct {
	const struct arch_ops *arch;
	const struct option *upstream;
} machines[] = {
	{ &arch_x86_64, upstream_x86_64 },
	{ &arch_arm64, upstream_arm64 },
};

static const char *const ours[] = {
	"parser", "cross-check", "dry-run", "json", "profile", "addon", "no-addons",
	"stub-initrds", "discard-handover",
};

/*
 * Abbreviations
 */

/* What getopt_long() takes "--@word" for: an index into @upstream, or -1. */
static int upstream_find(const struct option *upstream, const char *word)
{
	char argument[] = "--argument", program[] = "kexec", arg[80];
	char *argv[] = { program, arg, argument, NULL };
	int index = -1, c;

	snprintf(arg, sizeof(arg), "--%s", word);
	optind = 0;
	opterr = 0;
	c = getopt_long(3, argv, upstream_letters, upstream, &index);
	return c == '?' ? -1 : index;
}

static void check_abbreviation(size_t machine, const char *name, size_t len)
{
	const struct option *upstream = machines[machine].upstream;
	const struct option_row *row = NULL;
	struct why w = { 0 };
	char word[64];
	int index, r;

	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	index = upstream_find(upstream, word);
	r = option_find(&row, option_rows, machines[machine].arch, word, len, &w);
	if (index < 0) {
		if (r == 0)
			fail_msg("--%s is an error in kexec-tools, here it is --%s", word,
				 row->name);
		assert_int_equal(r, -EINVAL);
		assert_int_equal(w.err, -EINVAL);
		return;
	}
	if (r)
		fail_msg("--%s is --%s in kexec-tools, here: %s", word, upstream[index].name,
			 w.text);
	assert_string_equal(row->name, upstream[index].name);
	assert_int_equal(!!row->arg, !!upstream[index].has_arg);
}

static void abbreviations_are_those_of_kexec_tools(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++)
		for (const struct option *o = machines[m].upstream; o->name; o++)
			for (size_t len = 1; len <= strlen(o->name); len++)
				check_abbreviation(m, o->name, len);
}

/* Of a new option too: its beginnings are still unknown, or what they always were. */
static void new_options_match_only_in_full(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
			const struct option_row *row = NULL;
			size_t len = strlen(ours[i]);

			assert_int_equal(option_find(&row, option_rows, machines[m].arch, ours[i],
						     len, NULL), 0);
			assert_string_equal(row->name, ours[i]);
			assert_true(row->in_full);
			while (--len)
				check_abbreviation(m, ours[i], len);
		}
	}
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (strcmp(ours[i], name) == 0)
			return true;
	return false;
}

static void no_option_is_unaccounted_for(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		for (const struct option_row *row = option_rows; row->name; row++) {
			const struct option *o = machines[m].upstream;
			int value = 0;

			if ((row->arch && row->arch != machines[m].arch) || is_ours(row->name))
				continue;
			while (o->name && strcmp(o->name, row->name) != 0)
				o++;
			if (!o->name)
				fail_msg("--%s is neither kexec-tools' nor new", row->name);
			if (row->letter)
				value = row->letter;
			if (value || o->val < 256)
				assert_int_equal(value, o->val);
		}
	}
}

/* The rule matters to no pair of names there is today, so it gets a table of its own. */
static void aliases_are_not_ambiguous(void **state)
{
	const struct option_row rows[] = {
		{ .name = "same-one", .effect = OPT_STRING, .field = 8, .arg = "X" },
		{ .name = "same-two", .effect = OPT_STRING, .field = 8, .arg = "X" },
		{ .name = "field-one", .effect = OPT_FLAG, .field = 8 },
		{ .name = "field-two", .effect = OPT_FLAG, .field = 9 },
		{ .name = "value-one", .effect = OPT_SYSCALL, .value = 1 },
		{ .name = "value-two", .effect = OPT_SYSCALL, .value = 2 },
		{ .name = "effect-one", .effect = OPT_LOAD },
		{ .name = "effect-two", .effect = OPT_EXEC },
		{ .name = "arg-one", .effect = OPT_STRING, .arg = "X" },
		{ .name = "arg-two", .effect = OPT_STRING },
		{ .name = "none-one", .effect = OPT_NONE },
		{ .name = "none-two", .effect = OPT_NONE },
		{ .name = NULL },
	};
	static const char *const different[] = { "field", "value", "effect", "arg", "none" };
	const struct option_row *row = NULL;

	(void)state;
	assert_int_equal(option_find(&row, rows, &arch_x86_64, "same", 4, NULL), 0);
	assert_ptr_equal(row, &rows[0]);
	for (size_t i = 0; i < ARRAY_SIZE(different); i++)
		assert_int_equal(option_find(&row, rows, &arch_x86_64, different[i],
					     strlen(different[i]), NULL), -EINVAL);
}

/* Nor does any letter belong to one architecture today. */
static void letters_belong_to_their_architecture(void **state)
{
	const struct option_row rows[] = {
		{ .name = "other", .letter = 'o', .arch = &arch_arm64 },
		{ .name = NULL },
	};
	char program[] = "kexec", letter[] = "-o";
	char *argv[] = { program, letter, NULL };
	struct option_scan here = { .rows = rows, .arch = &arch_x86_64, .argc = 2, .argv = argv };
	struct option_scan there = { .rows = rows, .arch = &arch_arm64, .argc = 2, .argv = argv };
	const struct option_row *row = NULL;
	const char *arg;

	(void)state;
	assert_int_equal(option_scan_next(&here, &row, &arg, NULL), -EINVAL);
	assert_null(row);
	assert_int_equal(option_scan_next(&there, &row, &arg, NULL), OPTION_ROW);
	assert_ptr_equal(row, &rows[0]);
}

/*
 * Whole command lines
 */

/* Two scans of the same words: what each option was given, then the operands. */
struct trace {
	char text[2048];
	size_t used;
};

static void trace_add(struct trace *t, const char *name, const char *arg)
{
	t->used += snprintf(t->text + t->used, sizeof(t->text) - t->used, "%s(%s) ", name,
			    arg ? arg : "");
	assert_true(t->used < sizeof(t->text));
}

static void trace_upstream(struct trace *t, const struct option *upstream, int argc, char **argv)
{
	char *copy[MAX_ARGS + 1];
	int c, index = -1;

	memcpy(copy, argv, (argc + 1) * sizeof(copy[0]));
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, copy, upstream_letters, upstream, &index)) != -1) {
		if (c == '?') {
			trace_add(t, "error", NULL);
			return;
		}
		/* A letter leaves the index alone. */
		for (int i = 0; index < 0 && upstream[i].name; i++)
			if (upstream[i].val == c)
				index = i;
		trace_add(t, upstream[index].name, optarg);
		index = -1;
	}
	for (int i = optind; i < argc; i++)
		trace_add(t, "operand", copy[i]);
}

static void trace_ours(struct trace *t, const struct arch_ops *arch, int argc, char **argv)
{
	struct option_scan scan = {
		.rows = option_rows, .arch = arch, .argc = argc, .argv = argv
	};
	const char *operands[MAX_ARGS];
	size_t nr = 0;

	for (;;) {
		const struct option_row *row = NULL;
		const char *arg = NULL;
		int r = option_scan_next(&scan, &row, &arg, NULL);

		if (r == OPTION_END)
			break;
		if (r < 0) {
			assert_int_equal(r, -EINVAL);
			trace_add(t, "error", NULL);
			return;
		}
		if (r == OPTION_OPERAND)
			operands[nr++] = arg;
		else
			trace_add(t, row->name, arg);
	}
	for (size_t i = 0; i < nr; i++)
		trace_add(t, "operand", operands[i]);
}

static void random_command_lines_are_read_alike(void **state)
{
	static const char *const words[] = {
		"-l", "-p", "-pu", "-lx", "-t", "-tuki", "-lt", "-ltuki", "-lz", "-:", "-=", "--",
		"-", "", "a", "bzImage", "--load", "--load=1", "--lo", "--init", "--initrd",
		"--initrd=x", "--ini=", "--initrd==", "--command-line=a=b", "--comm", "--re",
		"--reuse-c", "--serial", "--ser=1", "--no-s", "--no-c", "--nope", "--=", "--=x",
		"--mem-min", "--mem-", "--args-linux", "---", "---x", "--l=x", "--kexec-syscall",
		"--kexec-sys", "-sca", "-S", "-dS", "--type", "--type=--", "--t", "--d",
	};
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct trace theirs = { .used = 0 }, mine = { .used = 0 };
		size_t m = round % ARRAY_SIZE(machines);
		char storage[8][32], program[] = "kexec";
		char *argv[MAX_ARGS + 1] = { program };
		int argc = 1;

		for (int n = round / 7 % 8; n; n--) {
			seed = seed * 1664525 + 1013904223;
			argv[argc] = storage[argc - 1];
			strcpy(argv[argc++], words[(seed >> 16) % ARRAY_SIZE(words)]);
		}
		trace_upstream(&theirs, machines[m].upstream, argc, argv);
		trace_ours(&mine, machines[m].arch, argc, argv);
		assert_string_equal(mine.text, theirs.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abbreviations_are_those_of_kexec_tools),
		cmocka_unit_test(new_options_match_only_in_full),
		cmocka_unit_test(no_option_is_unaccounted_for),
		cmocka_unit_test(aliases_are_not_ambiguous),
		cmocka_unit_test(letters_belong_to_their_architecture),
		cmocka_unit_test(random_command_lines_are_read_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
