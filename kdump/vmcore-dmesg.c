// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmcore-dmesg: the kernel's log out of a dump. It runs in the initrd of crash
 * kernels, so it links nothing but the C library and what unpacks pages.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "kdump/log-text.h"
#include "lib/log.h"

/* 0, 1, 2 and 30 mean what they always did; scripts look for 0 only. */
enum dmesg_exit {
	EXIT_COMPLETE = 0,
	EXIT_USAGE = 1,
	EXIT_OPEN = 2,
	EXIT_NO_DUMP = 10,
	EXIT_DAMAGED = 11,
	EXIT_UNSUPPORTED = 12,
	EXIT_NO_MEMORY = 13,
	EXIT_NO_LOG = 20,
	EXIT_NO_ADDRESS = 30,
	EXIT_INCOMPLETE = 40,
	EXIT_WRITE = 50,
};

static const char usage[] = "Usage: vmcore-dmesg [--json] DUMP\n"
			    "Prints the kernel's log out of /proc/vmcore or a dump of it.\n"
			    "\n"
			    "  --json       print a JSON object\n"
			    "  --help       print this text\n"
			    "  --version    print the version\n";

struct options {
	bool json, help, version;
	const char *dump;
};

static int parse_options(struct options *ret, int argc, char **argv)
{
	static const struct option known[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'j':
			ret->json = true;
			break;
		case 'h':
			ret->help = true;
			return 0;
		case 'v':
			ret->version = true;
			return 0;
		default:
			return -EINVAL;
		}
	}
	if (argc - optind != 1)
		return -EINVAL;
	ret->dump = argv[optind];
	return 0;
}

static enum dmesg_exit exit_of(int err)
{
	switch (err) {
	case -ENOEXEC:
		return EXIT_NO_DUMP;
	case -EOPNOTSUPP:
		return EXIT_UNSUPPORTED;
	case -ENOMEM:
		return EXIT_NO_MEMORY;
	case -ENODATA:
		return EXIT_NO_LOG;
	case -ENXIO:
		return EXIT_NO_ADDRESS;
	default:
		return EXIT_DAMAGED;
	}
}

/* What there is is printed before the word about what is not. */
static enum dmesg_exit print_log(const struct vmcore *v, const struct options *o)
{
	struct log_text text = { .out = stdout, .json = o->json };
	struct log_sink sink = { .record = log_text_record, .context = &text };
	struct why w = { 0 };
	int r, written;

	log_text_begin(&text, v);
	r = kernel_log_read(v, &sink, &w);
	written = log_text_end(&text, &sink, r < 0 || sink.lost ? w.text : NULL);
	if (written < 0) {
		log_error("cannot write: %s", strerror(errno));
		return EXIT_WRITE;
	}
	if (r < 0) {
		log_error("%s: %s", o->dump, w.text);
		return sink.nr ? EXIT_INCOMPLETE : exit_of(r);
	}
	if (sink.lost) {
		log_error("%s: the log is incomplete, %llu record%s or more lost: %s", o->dump,
			  (unsigned long long)sink.lost, sink.lost == 1 ? "" : "s", w.text);
		return EXIT_INCOMPLETE;
	}
	return EXIT_COMPLETE;
}

int main(int argc, char **argv)
{
	autovmcore struct vmcore v = { 0 };
	struct options o = { 0 };
	struct why w = { 0 };
	int r;

	if (parse_options(&o, argc, argv) < 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (o.help || o.version) {
		fputs(o.help ? usage : PACKAGE_VERSION_TEXT "\n", stdout);
		return fflush(stdout) ? EXIT_WRITE : EXIT_COMPLETE;
	}
	r = vmcore_open(&v, o.dump, &w);
	if (r < 0) {
		log_error("%s: %s", o.dump, w.text);
		return v.file.kind == BLOB_NONE && strncmp(w.text, "cannot open", 11) == 0
			       ? EXIT_OPEN
			       : exit_of(r);
	}
	return print_log(&v, &o);
}
