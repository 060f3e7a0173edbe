/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command line means. Expected actions and files asked for are facts
 * about kexec-tools 2.0.32, seen with strace; spellings are compared in
 * test-options-getopt.c.
 *
 * "test-options --help-of ARCH" prints --help for an architecture that may not
 * be this one (tests/cli/help-man.sh).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kexec/arch/arch.h"
#include "kexec/options-table.h"
#include "kexec/options.h"
#include "lib/cleanup.h"

#define MAX_ARGS 32

static const struct arch_ops *const machines[] = { &arch_x86_64, &arch_arm64 };

static int parse_on(const struct arch_ops *arch, struct kexec_options *o, struct why *w,
		    const char *line)
{
	static char copy[4096];
	char *argv[MAX_ARGS + 1] = { NULL }, *save = NULL;
	int argc = 0;

	/* The strings in @o point into it until the next call. */
	snprintf(copy, sizeof(copy), "kexec %s", line);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		assert_true(argc < MAX_ARGS);
		argv[argc++] = word;
	}
	*w = (struct why){ 0 };
	return kexec_options_parse(o, argc, argv, arch, w);
}

static struct kexec_options parsed(const char *line)
{
	struct kexec_options o;
	struct why w;

	if (parse_on(&arch_x86_64, &o, &w, line))
		fail_msg("kexec %s: %s", line, w.text);
	return o;
}

static void refused_on(const struct arch_ops *arch, const char *line, int err, const char *text)
{
	struct kexec_options o, before;
	struct why w;

	memset(&o, 0x5a, sizeof(o));
	memcpy(&before, &o, sizeof(o));
	assert_int_equal(parse_on(arch, &o, &w, line), err);
	assert_int_equal(w.err, err);
	assert_string_equal(w.text, text);
	assert_memory_equal(&o, &before, sizeof(o));
}

static void refused(const char *line, int err, const char *text)
{
	refused_on(&arch_x86_64, line, err, text);
}

/* One letter for each thing to do, in the order it will be done. */
static const char *actions(const char *line)
{
	static char text[8];
	struct kexec_options o = parsed(line);
	char *c = text;

	if (o.unload)
		*c++ = 'u';
	if (o.load)
		*c++ = o.crash ? 'p' : 'l';
	if (o.exec)
		*c++ = o.force ? 'f' : 'e';
	if (o.shutdown)
		*c++ = 's';
	*c = '\0';
	return text;
}

static void actions_are_those_of_kexec_tools(void **state)
{
	static const char *const rows[][2] = {
		{ "K", "ls" },        { "-l K", "l" },      { "K -l", "l" },
		{ "-p K", "p" },      { "-e", "e" },        { "-f K", "lf" },
		{ "-u", "u" },        { "-u K", "u" },      { "-l -e", "e" },
		{ "-e -l K", "l" },   { "-f -l K", "l" },   { "-l -f K", "lf" },
		{ "-f -e K", "e" },   { "-l -p K", "p" },   { "-p -l K", "p" },
		{ "-p -f K", "pf" },  { "-f -p K", "p" },   { "-l K -u", "u" },
		{ "-u -l K", "ul" },  { "-u -l", "ul" },    { "-f -u K", "ue" },
		{ "-u -f K", "ulf" }, { "-u -e", "ue" },    { "-p -u -e", "ue" },
		{ "-d K", "ls" },     { "-fp K", "p" },     { "-S -l K", "" },
		{ "-u -S", "" },      { "-f K -h", "" },    { "-u --print-ckr-size", "" },
		{ "-u -p -f", "upf" }, { "", "ls" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(actions(rows[i][0]), rows[i][1]) != 0)
			fail_msg("kexec %s: \"%s\", not \"%s\"", rows[i][0], actions(rows[i][0]),
				 rows[i][1]);
}

static void unload_takes_the_crash_kernel_in_either_order(void **state)
{
	static const char *const lines[] = { "-p -u", "-u -p", "-pu", "-up", "-s -u -p" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct kexec_options o = parsed(lines[i]);

		assert_true(o.unload);
		assert_true(o.crash);
		assert_false(o.load);
	}
	/* With a kernel, the second order goes on to load it. */
	assert_string_equal(actions("-u -p K"), "up");
	assert_string_equal(actions("-p -u K"), "u");
}

static void status_asks_for_the_right_kernel(void **state)
{
	(void)state;
	assert_true(parsed("-S").status);
	assert_false(parsed("-S").status_reboot);
	assert_false(parsed("-S -d").status_reboot);
	assert_false(parsed("-S -f -u -e").status_reboot);
	assert_true(parsed("-S -l").status_reboot);
	assert_true(parsed("-l -S -u").status_reboot);
	assert_false(parsed("-S -p").status_reboot);
	assert_false(parsed("-S -l -p").status_reboot);
	assert_false(parsed("-S -p -l").status_reboot);
	assert_false(parsed("-l K").status_reboot);
}

static void help_and_version_end_the_command_line(void **state)
{
	(void)state;
	assert_true(parsed("-h --nope").help);
	assert_true(parsed("-hz").help);
	assert_true(parsed("-l --version --nope").version);
	assert_false(parsed("-v -h").help);
	assert_true(parsed("-v -h").version);
	assert_true(parsed("--print-ckr-size --nope").print_ckr_size);
	assert_true(parsed("-S --print-ckr-size").print_ckr_size);
	refused("--nope -h", -EINVAL, "unrecognized option '--nope'");
}

static void the_last_syscall_wins(void **state)
{
	(void)state;
	assert_int_equal(parsed("-l K").syscall, SYSCALL_AUTO);
	assert_int_equal(parsed("-l K -s").syscall, SYSCALL_FILE);
	assert_int_equal(parsed("-sc K").syscall, SYSCALL_CLASSIC);
	assert_int_equal(parsed("-csa K").syscall, SYSCALL_AUTO);
	assert_int_equal(parsed("-c --kexec-file-syscall K").syscall, SYSCALL_FILE);
	assert_int_equal(parsed("-s --kexec-syscall K").syscall, SYSCALL_CLASSIC);
	assert_int_equal(parsed("-s --kexec-syscall-auto K").syscall, SYSCALL_AUTO);
}

static void flags_set_what_they_name(void **state)
{
	static const struct {
		const char *line;
		size_t field;
	} rows[] = {
		{ "-S", offsetof(struct kexec_options, status) },
		{ "--dry-run", offsetof(struct kexec_options, dry_run) },
		{ "-d", offsetof(struct kexec_options, debug) },
		{ "-x", offsetof(struct kexec_options, no_ifdown) },
		{ "-y", offsetof(struct kexec_options, no_sync) },
		{ "-i", offsetof(struct kexec_options, no_checks) },
		{ "--reuse-cmdline", offsetof(struct kexec_options, reuse_cmdline) },
		{ "--reuseinitrd", offsetof(struct kexec_options, reuse_initrd) },
		{ "--no-cma", offsetof(struct kexec_options, no_cma) },
		{ "--force-dtb", offsetof(struct kexec_options, force_dtb) },
		{ "--hotplug", offsetof(struct kexec_options, hotplug) },
		{ "--reset-vga", offsetof(struct kexec_options, reset_vga) },
		{ "--console-vga", offsetof(struct kexec_options, console_vga) },
		{ "--console-serial", offsetof(struct kexec_options, console_serial) },
		{ "--pass-memmap-cmdline", offsetof(struct kexec_options, pass_memmap_cmdline) },
		{ "--noefi", offsetof(struct kexec_options, noefi) },
		{ "--reuse-video-type", offsetof(struct kexec_options, reuse_video_type) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kexec_options o = parsed(rows[i].line);

		/* Its own field and no other. */
		for (size_t j = 0; j < ARRAY_SIZE(rows); j++)
			if (*(bool *)((char *)&o + rows[j].field) != (i == j))
				fail_msg("%s and the field of %s", rows[i].line, rows[j].line);
	}
	assert_false(parsed("--dry-run K").json);
	assert_true(parsed("--dry-run --json K").json);
	assert_true(parsed("--json -S").json);
}

static void parts_are_kept_as_given(void **state)
{
	char program[] = "kexec", empty[] = "--append=";
	char *argv[] = { program, empty, NULL };
	struct kexec_options o = parsed("-l K --initrd=one --ramdisk two --initrd three");

	(void)state;
	assert_int_equal(o.nr_initrds, 3);
	assert_string_equal(o.initrds[0], "one");
	assert_string_equal(o.initrds[1], "two");
	assert_string_equal(o.initrds[2], "three");
	assert_null(o.cmdline);
	assert_null(o.type);
	assert_string_equal(parsed("--append=a --command-line=b K").cmdline, "b");
	assert_string_equal(parsed("--command-line=b --append a=c K").cmdline, "a=c");
	assert_int_equal(kexec_options_parse(&o, 2, argv, &arch_x86_64, NULL), 0);
	assert_string_equal(o.cmdline, "");
	assert_string_equal(parsed("-tuki K").type, "uki");
	assert_string_equal(parsed("--type bzImage64 K").type, "bzImage64");
	assert_string_equal(parsed("--parser=none K").parser, "none");
	assert_string_equal(parsed("--parser=auto K").parser, "auto");
	assert_string_equal(parsed("--parser=my.bpf K").parser, "my.bpf");
	assert_string_equal(parsed("--dtb=board.dtb K").dtb, "board.dtb");
}

static void only_the_first_operand_is_the_kernel(void **state)
{
	struct kexec_options o = parsed("-l one two three");

	(void)state;
	assert_string_equal(o.kernel, "one");
	assert_string_equal(o.ignored, "two");
	assert_null(parsed("-l one").ignored);
	assert_null(parsed("-l").kernel);
	assert_string_equal(parsed("-l -- -x").kernel, "-x");
	assert_string_equal(parsed("-l - -x").kernel, "-");
	assert_true(parsed("-l - -x").no_ifdown);
}

static void initrds_have_a_limit(void **state)
{
	char line[1024] = "-l K";

	(void)state;
	for (int i = 0; i < LIMIT_INITRDS; i++)
		strcat(line, " --initrd=x");
	assert_int_equal(parsed(line).nr_initrds, LIMIT_INITRDS);
	strcat(line, " --ramdisk=y");
	refused(line, -E2BIG, "--ramdisk is given more than 16 times");
}

static void addresses_are_numbers(void **state)
{
	struct kexec_options o = parsed("--mem-min=0x1000 --mem-max=010 K");

	(void)state;
	assert_int_equal(o.mem_min, 0x1000);
	assert_int_equal(o.mem_max, 8);
	assert_true(o.mem_given);
	o = parsed("K");
	assert_false(o.mem_given);
	assert_int_equal(o.mem_min, 0);
	assert_true(o.mem_max == UINT64_MAX);
	assert_true(parsed("--mem-min=4096 K").mem_given);
	assert_int_equal(parsed("--mem-min=4096 K").mem_min, 4096);
	refused("--mem-min=zz K", -EINVAL, "Bad option value in --mem-min=zz");
	refused("--mem-max=1k K", -EINVAL, "Bad option value in --mem-max=1k");
	refused("--mem-max= K", -EINVAL, "Bad option value in --mem-max=");
	refused("--mem-max=0x10000000000000000 K", -EINVAL,
		"Bad option value in --mem-max=0x10000000000000000");
}

static void classic_options_are_kept(void **state)
{
	struct kexec_options o = parsed("--serial=ttyS0 --serial-baud=9600 --module=m K");

	(void)state;
	assert_string_equal(o.serial, "ttyS0");
	assert_string_equal(o.serial_baud, "9600");
	assert_int_equal(o.nr_modules, 1);
	assert_string_equal(o.modules[0], "m");
	assert_int_equal(o.core_headers, CORE_HEADERS_AUTO);
	assert_int_equal(parsed("--elf32-core-headers K").core_headers, CORE_HEADERS_ELF32);
	assert_int_equal(parsed("--elf64-core-headers K").core_headers, CORE_HEADERS_ELF64);
	assert_int_equal(parsed("K").elf_args, ELF_ARGS_ELF);
	assert_int_equal(parsed("--args-linux K").elf_args, ELF_ARGS_LINUX);
	assert_int_equal(parsed("--args-none K").elf_args, ELF_ARGS_NONE);
	assert_int_equal(parsed("--args-none --args-elf K").elf_args, ELF_ARGS_ELF);
	assert_int_equal(parse_on(&arch_arm64, &o, &(struct why){ 0 }, "--serial=ttyAMA0 K"), 0);
	assert_string_equal(o.serial, "ttyAMA0");
}

static void bad_usage_is_told_like_getopt_does(void **state)
{
	(void)state;
	refused("--nope=3", -EINVAL, "unrecognized option '--nope=3'");
	refused("-lz", -EINVAL, "invalid option -- 'z'");
	refused("-?", -EINVAL, "invalid option -- '?'");
	refused("-lt", -EINVAL, "option requires an argument -- 't'");
	refused("--ser", -EINVAL,
		"option '--ser' is ambiguous; possibilities: '--serial' '--serial-baud'");
	refused("--serial", -EINVAL, "option '--serial' requires an argument");
	refused("--unl=x", -EINVAL, "option '--unload' doesn't allow an argument");
	refused("--args-l=x", -EINVAL, "option '--args-linux' doesn't allow an argument");
	refused("--kexec-s", -EINVAL, "option '--kexec-s' is ambiguous; possibilities:"
				      " '--kexec-syscall' '--kexec-syscall-auto'");
	refused_on(&arch_arm64, "--args-linux", -EINVAL, "unrecognized option '--args-linux'");
	refused_on(&arch_arm64, "--serial-baud=9600", -EINVAL,
		   "unrecognized option '--serial-baud=9600'");
	refused("--parser=", -EINVAL, "Bad option value in --parser=");
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	refused("--cross-check=maybe K", -EINVAL, "Bad option value in --cross-check=maybe: on, off, require or attest");
	refused("-l --json K", -EINVAL, "--json goes with --dry-run or --status");
	refused("--js --dry-run K", -EINVAL, "unrecognized option '--js'");
}

static void what_is_refused_is_named(void **state)
{
	static const char *const lines[] = {
		"--real-mode", "--entry-32bit", "--entry=1", "--load-preserve-context",
		"--load-jump-back-helper", "--load-live-update", "--exec-live-update",
	};
	struct kexec_options o;
	struct why w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(parse_on(&arch_x86_64, &o, &w, lines[i]), -EOPNOTSUPP);
		assert_memory_equal(w.text, lines[i], strcspn(lines[i], "="));
		assert_non_null(strstr(w.text, " is refused: "));
	}
	refused_on(&arch_arm64, "--real-mode", -EINVAL, "unrecognized option '--real-mode'");
	assert_int_equal(parse_on(&arch_x86_64, &o, &w, "-t beoboot-x86 K"), -EOPNOTSUPP);
	assert_non_null(strstr(w.text, "--type=beoboot-x86 is refused: "));
	assert_int_equal(parse_on(&arch_arm64, &o, &w, "--type=nbi-x86 K"), -EOPNOTSUPP);
	assert_non_null(strstr(w.text, "--type=nbi-x86 is refused: "));
}

/*
 * --help
 */

/* Listed once, with its argument, where it exists. */
static void check_help_row(const char *text, const struct option_row *row,
			   const struct arch_ops *arch)
{
	char listed[128];
	const char *at;

	snprintf(listed, sizeof(listed), " --%s%s%s ", row->name, row->arg ? "=" : "",
		 row->arg ? row->arg : "");
	at = strstr(text, listed);
	if (!row->arch || row->arch == arch) {
		if (!at || strstr(at + 1, listed))
			fail_msg("--%s is not once in the help for %s", row->name, arch->name);
	} else if (at && strcmp(row->name, "dtb") != 0) {
		fail_msg("--%s in the help for %s", row->name, arch->name);
	}
}

static void help_fits_a_terminal_and_an_architecture(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		char text[16384] = "", *save = NULL;
		FILE *out = fmemopen(text, sizeof(text), "w");

		assert_non_null(out);
		kexec_options_help(out, machines[m]);
		fclose(out);
		for (const struct option_row *row = option_rows; row->name; row++)
			check_help_row(text, row, machines[m]);
		for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
			if (strlen(l) > 79)
				fail_msg("too wide: %s", l);
	}
}

static int help_of(const char *arch)
{
	if (strcmp(arch, "x86_64") != 0 && strcmp(arch, "arm64") != 0)
		return 1;
	kexec_options_help(stdout, strcmp(arch, "arm64") == 0 ? &arch_arm64 : &arch_x86_64);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actions_are_those_of_kexec_tools),
		cmocka_unit_test(unload_takes_the_crash_kernel_in_either_order),
		cmocka_unit_test(status_asks_for_the_right_kernel),
		cmocka_unit_test(help_and_version_end_the_command_line),
		cmocka_unit_test(the_last_syscall_wins),
		cmocka_unit_test(flags_set_what_they_name),
		cmocka_unit_test(parts_are_kept_as_given),
		cmocka_unit_test(only_the_first_operand_is_the_kernel),
		cmocka_unit_test(initrds_have_a_limit),
		cmocka_unit_test(addresses_are_numbers),
		cmocka_unit_test(classic_options_are_kept),
		cmocka_unit_test(bad_usage_is_told_like_getopt_does),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(what_is_refused_is_named),
		cmocka_unit_test(help_fits_a_terminal_and_an_architecture),
	};

	if (argc == 3 && strcmp(argv[1], "--help-of") == 0)
		return help_of(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
