// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec-image envelope; the kernel series calls the same program build_zboot_envelop. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kexec/envelope-build.h"
#include "kexec/image.h"
#include "kexec/out-file.h"
#include "lib/blob.h"
#include "lib/cleanup.h"

#define DEFAULT_OUTPUT "zboot_image.elf"

const char image_envelope_help[] =
	"Usage: kexec-image envelope KERNEL INITRD CMDLINE [OUTPUT]\n"
	"       build_zboot_envelop KERNEL INITRD CMDLINE [OUTPUT]\n\n"
	"Wraps a kernel image (a file, kept as it is, signature and all), an initrd (a\n"
	"file) and a command line (the text itself) into one ELF file, " DEFAULT_OUTPUT "\n"
	"unless OUTPUT is given, for kernels with a parser program of their own for it.\n";

static enum image_exit write_envelope(struct out_file *o, const struct envelope *e,
				      const struct blob *kernel, const struct blob *initrd,
				      const char *cmdline)
{
	const struct extent parts[] = { blob_whole(kernel), blob_whole(initrd) };
	const unsigned char *text = (const unsigned char *)cmdline;
	struct why w = { 0 };

	out_file_bytes(o, (struct span){ (const unsigned char *)&e->head, sizeof(e->head) });
	out_file_extent(o, &parts[0]);
	out_file_extent(o, &parts[1]);
	out_file_zeros(o, e->gap[0]);
	out_file_bytes(o, (struct span){ text, e->cmdline_size });
	out_file_zeros(o, e->gap[1]);
	out_file_bytes(o, envelope_names());
	if (out_file_commit(o, &w) == 0)
		return IMAGE_EXIT_OK;
	/* An older envelope of this name goes as well, as it does with the series' own tool. */
	if (o->writing_failed)
		unlink(o->path);
	return image_failed(NULL, &w);
}

enum image_exit image_envelope(int argc, char **argv)
{
	autoblob struct blob kernel = { 0 }, initrd = { 0 };
	const struct blob *const inputs[] = { &kernel, &initrd };
	const char *output = argc == 5 ? argv[4] : DEFAULT_OUTPUT;
	autoout struct out_file o = { 0 };
	struct why w = { 0 };
	enum image_exit code;
	struct envelope e;

	if (argc < 4 || argc > 5)
		return image_usage("envelope", "expected KERNEL INITRD CMDLINE [OUTPUT]");
	if (blob_open(&kernel, argv[1], &w) < 0)
		return image_failed(argv[1], &w);
	if (blob_open(&initrd, argv[2], &w) < 0)
		return image_failed(argv[2], &w);
	if (envelope_build(&e, kernel.size, initrd.size, strlen(argv[3]), &w) < 0 ||
	    out_file_create(&o, output, inputs, ARRAY_SIZE(inputs), &w) < 0)
		return image_failed(NULL, &w);
	code = write_envelope(&o, &e, &kernel, &initrd, argv[3]);
	/* Scripts may read this line: the name in front is always the same. */
	if (code == IMAGE_EXIT_OK)
		printf("build_zboot_envelop: wrote '%s' (.kernel=%lluB .initrd=%lluB .cmdline=%zuB)\n",
		       output, (unsigned long long)kernel.size, (unsigned long long)initrd.size,
		       strlen(argv[3]));
	return code;
}
