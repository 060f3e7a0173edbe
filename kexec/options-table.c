// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/arch/arch.h"
#include "kexec/options-table.h"
#include "kexec/options.h"

/* Where a row stores what it was given; the wrong type does not compile. */
#define FIELD(type, name)                    \
	(offsetof(struct kexec_options, name) + \
	 0 * sizeof(1 ? &((struct kexec_options *)0)->name : (type *)0))

#define FLAG(name)   .effect = OPT_FLAG, .field = FIELD(bool, name)
#define STRING(name) .effect = OPT_STRING, .field = FIELD(const char *, name)
#define CHOICE(what, which) .effect = OPT_##what, .value = (which)

/*
 * Spellings, letters and who takes an argument are those of kexec-tools; within
 * a group the order is that of --help. A row of GROUP_ARCH names its .arch.
 */
const struct option_row option_rows[] = {
	/* clang-format off */
#define ROW .group = GROUP_ACTIONS, .name
	{ ROW = "load", .letter = 'l', .effect = OPT_LOAD,
	  .help = "Load KERNEL for the next reboot." },
	{ ROW = "load-panic", .letter = 'p', .effect = OPT_LOAD_PANIC,
	  .help = "Load KERNEL for a crash." },
	{ ROW = "unload", .letter = 'u', .effect = OPT_UNLOAD,
	  .help = "Forget what is loaded; with -p: for a crash." },
	{ ROW = "exec", .letter = 'e', .effect = OPT_EXEC,
	  .help = "Start what is loaded, at once." },
	{ ROW = "force", .letter = 'f', .effect = OPT_FORCE,
	  .help = "Load KERNEL and start it, no shutdown." },
	{ ROW = "status", .letter = 'S', FLAG(status),
	  .help = "Exit 1 if a crash (-l: reboot) kernel is loaded." },
	{ ROW = "print-ckr-size", FLAG(print_ckr_size),
	  .help = "Print the size of the crash region." },
	{ ROW = "help", .letter = 'h', FLAG(help),
	  .help = "Print this text." },
	{ ROW = "version", .letter = 'v', FLAG(version),
	  .help = "Print the version." },
	{ ROW = "dry-run", .in_full = true, FLAG(dry_run),
	  .help = "Tell what would be done, and do nothing." },
	{ ROW = "json", .in_full = true, FLAG(json),
	  .help = "With --dry-run, --status: print JSON." },
#undef ROW
#define ROW .group = GROUP_SYSCALL, .name
	{ ROW = "kexec-file-syscall", .letter = 's', CHOICE(SYSCALL, SYSCALL_FILE),
	  .help = "Use kexec_file_load(2) only." },
	{ ROW = "kexec-syscall", .letter = 'c', CHOICE(SYSCALL, SYSCALL_CLASSIC),
	  .help = "Use kexec_load(2) only." },
	{ ROW = "kexec-syscall-auto", .letter = 'a', CHOICE(SYSCALL, SYSCALL_AUTO),
	  .help = "The first, then the second (default)." },
#undef ROW
#define ROW .group = GROUP_PARTS, .name
	{ ROW = "command-line", .arg = "STRING", STRING(cmdline),
	  .help = "The command line for the kernel." },
	{ ROW = "append", .arg = "STRING", STRING(cmdline),
	  .help = "The same as --command-line." },
	{ ROW = "reuse-cmdline", FLAG(reuse_cmdline),
	  .help = "Start with the running kernel's command line." },
	{ ROW = "initrd", .arg = "FILE", .effect = OPT_INITRD,
	  .help = "An initrd; may be repeated, joined in order." },
	{ ROW = "ramdisk", .arg = "FILE", .effect = OPT_INITRD,
	  .help = "The same as --initrd." },
	{ ROW = "reuseinitrd", FLAG(reuse_initrd),
	  .help = "The initrd that this system booted with." },
	{ ROW = "profile", .in_full = true, .arg = "PROFILE", STRING(profile),
	  .help = "Of a unified kernel image: number or name." },
	{ ROW = "addon", .in_full = true, .arg = "FILE", .effect = OPT_ADDON,
	  .help = "One more addon to it; may be repeated." },
	{ ROW = "no-addons", .in_full = true, FLAG(no_addons),
	  .help = "None of the addons beside it." },
	{ ROW = "stub-initrds", .in_full = true, FLAG(stub_initrds),
	  .help = "Add the initrds that its stub would." },
	{ ROW = "type", .letter = 't', .arg = "TYPE", .effect = OPT_TYPE,
	  .help = "The format of KERNEL; else found out." },
	{ ROW = "parser", .in_full = true, .arg = "PARSER", .effect = OPT_PARSER,
	  .help = "Who unpacks it: auto, none or a FILE." },
	{ ROW = "cross-check", .in_full = true, .arg = "WHEN", .effect = OPT_CROSS_CHECK,
	  .help = "Its result and ours: on, off, require, attest." },
#undef ROW
#define ROW .group = GROUP_MODIFIERS, .name
	{ ROW = "no-ifdown", .letter = 'x', FLAG(no_ifdown),
	  .help = "With -e, -f: leave network interfaces up." },
	{ ROW = "no-sync", .letter = 'y', FLAG(no_sync),
	  .help = "With -e, -f: do not sync file systems." },
	{ ROW = "debug", .letter = 'd', FLAG(debug),
	  .help = "Tell what is done and why." },
	{ ROW = "no-cma", FLAG(no_cma),
	  .help = "Place segments outside of CMA memory." },
	{ ROW = "force-dtb", FLAG(force_dtb),
	  .help = "Pass on the running system's device tree." },
	{ ROW = "discard-handover", .in_full = true, FLAG(discard_handover),
	  .help = "With -c: lose what Kexec HandOver preserves." },
	{ ROW = "no-checks", .letter = 'i', FLAG(no_checks),
	  .help = "With -c: purgatory verifies no digests." },
	{ ROW = "mem-min", .arg = "ADDR", .effect = OPT_MEM_MIN,
	  .help = "With -c: lowest address to load to." },
	{ ROW = "mem-max", .arg = "ADDR", .effect = OPT_MEM_MAX,
	  .help = "With -c: highest address to load to." },
	{ ROW = "hotplug", FLAG(hotplug),
	  .help = "With -c -p: let the kernel track hotplug." },
#undef ROW
#define ROW .group = GROUP_ARCH, .arch = &arch_x86_64, .name
	{ ROW = "dtb", .arg = "FILE", STRING(dtb),
	  .help = "A device tree." },
	{ ROW = "module", .arg = "STRING", .effect = OPT_MODULE,
	  .help = "A multiboot module: FILE and its arguments." },
	{ ROW = "args-elf", CHOICE(ELF_ARGS, ELF_ARGS_ELF),
	  .help = "Pass ELF boot notes to an ELF kernel." },
	{ ROW = "args-linux", CHOICE(ELF_ARGS, ELF_ARGS_LINUX),
	  .help = "Pass what Linux wants to an ELF kernel." },
	{ ROW = "args-none", CHOICE(ELF_ARGS, ELF_ARGS_NONE),
	  .help = "Pass nothing to an ELF kernel." },
	{ ROW = "elf32-core-headers", CHOICE(CORE_HEADERS, CORE_HEADERS_ELF32),
	  .help = "With -p: an ELF32 elfcorehdr." },
	{ ROW = "elf64-core-headers", CHOICE(CORE_HEADERS, CORE_HEADERS_ELF64),
	  .help = "With -p: an ELF64 elfcorehdr." },
	{ ROW = "pass-memmap-cmdline", FLAG(pass_memmap_cmdline),
	  .help = "With -p: memory map as memmap= arguments." },
	{ ROW = "noefi", FLAG(noefi),
	  .help = "Hide EFI from the kernel." },
	{ ROW = "reuse-video-type", FLAG(reuse_video_type),
	  .help = "Keep the video type of the first boot." },
	{ ROW = "reset-vga", FLAG(reset_vga),
	  .help = "Reset a standard VGA device." },
	{ ROW = "console-vga", FLAG(console_vga),
	  .help = "Purgatory writes to the VGA screen." },
	{ ROW = "console-serial", FLAG(console_serial),
	  .help = "Purgatory writes to the serial port." },
	{ ROW = "serial", .arg = "PORT", STRING(serial),
	  .help = "Which: ttyS0, ttyS1 or an I/O port, 0x..." },
	{ ROW = "serial-baud", .arg = "BAUD", STRING(serial_baud),
	  .help = "Its speed." },
#undef ROW
#define ROW .group = GROUP_ARCH, .arch = &arch_arm64, .name
	{ ROW = "dtb", .arg = "FILE", STRING(dtb),
	  .help = "A device tree for the kernel; not with -s." },
	{ ROW = "serial", .arg = "NAME", STRING(serial),
	  .help = "Purgatory writes to this port, as ttyAMA0." },
#undef ROW
#define ROW .group = GROUP_REFUSED, .name
	{ ROW = "load-preserve-context",
	  .help = "no way back to the old kernel" },
	{ ROW = "load-jump-back-helper",
	  .help = "no way back to the old kernel" },
	{ ROW = "entry", .arg = "ADDR",
	  .help = "no way back to the old kernel" },
	{ ROW = "load-live-update",
	  .help = "Xen hosts are not supported" },
	{ ROW = "exec-live-update",
	  .help = "Xen hosts are not supported" },
	{ ROW = "real-mode", .arch = &arch_x86_64,
	  .help = "no BIOS is left to start in real mode with" },
	{ ROW = "entry-32bit", .arch = &arch_x86_64,
	  .help = "kernels are entered in 64-bit mode only" },
#undef ROW
	{ .name = NULL },
	/* clang-format on */
};

static const char *group_title(enum option_group group)
{
	switch (group) {
	case GROUP_ACTIONS:
		return "What to do (none of -l -p -u -e -f: load, then shutdown -r now)";
	case GROUP_SYSCALL:
		return "By which system call (the last one wins)";
	case GROUP_PARTS:
		return "What to load";
	case GROUP_MODIFIERS:
		return "How";
	case GROUP_ARCH:
		return "For this architecture, with -c; otherwise accepted without effect";
	case GROUP_REFUSED:
		return "Refused";
	case NR_OPTION_GROUPS:
		break;
	}
	return "";
}

static void print_row(FILE *out, const struct option_row *row)
{
	char letter[] = "    ";
	int width;

	if (row->letter) {
		letter[0] = '-';
		letter[1] = row->letter;
		letter[2] = ',';
	}
	width = fprintf(out, "  %s--%s", letter, row->name);
	if (row->arg)
		width += fprintf(out, "=%s", row->arg);
	fprintf(out, "%*s%s\n", width < 31 ? 31 - width : 1, "", row->help);
}

static void print_group(FILE *out, enum option_group group, const struct arch_ops *arch)
{
	bool titled = false;

	for (const struct option_row *row = option_rows; row->name; row++) {
		if (row->group != group || (row->arch && row->arch != arch))
			continue;
		if (!titled)
			fprintf(out, "\n%s:\n", group_title(group));
		titled = true;
		print_row(out, row);
	}
}

void kexec_options_help(FILE *out, const struct arch_ops *arch)
{
	fputs("Usage: kexec [OPTION]... [KERNEL]\n"
	      "Boot another kernel from the running one.\n",
	      out);
	for (int group = 0; group < NR_OPTION_GROUPS; group++)
		print_group(out, group, arch);
	fputs("\nExit status: 0 done; 1 bad usage or input, or loaded (-S); 253, 254 and 255:\n"
	      "the kernel refused. See kexec(8).\n",
	      out);
}
