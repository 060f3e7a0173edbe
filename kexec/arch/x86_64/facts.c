// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the next kernel is told of this machine: the same that kexec_file_load(2)
 * passes on, which knows it from inside, read from /sys.
 *
 * More than that is not taken from this kernel's own boot_params: the next kernel
 * gets a clean page, Documentation/arch/x86/boot.rst.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "kexec/arch/x86_64/facts.h"
#include "kexec/formats/formats.h"
#include "lib/cleanup.h"
#include "lib/sysfile.h"

#define BOOT_PARAMS "/sys/kernel/boot_params/data"

/* COMMAND_LINE_SIZE of x86, with the NUL, since Linux 2.6.22. */
#define VMLINUX_CMDLINE 2048

/* As a bzImage of the same kernel would have it, where the kernel proper looks at it. */
static void synthesize_header(struct x86_facts *f)
{
	static const struct {
		unsigned int off, width;
		uint32_t value;
	} fields[] = {
		{ HDR_ROOT_FLAGS, 2, 1 },	/* the root file system starts read-only */
		{ HDR_VID_MODE, 2, 0xffff },	/* "normal" */
		{ HDR_BOOT_FLAG, 2, 0xaa55 },
		{ HDR_JUMP + 1, 1, HDR_INIT_SIZE_END - HDR_MAGIC },
		{ HDR_MAGIC, 4, 0x53726448 },	/* "HdrS" */
		{ HDR_VERSION, 2, 0x20c },
		{ HDR_INITRD_MAX, 4, 0x7fffffff },
		{ HDR_ALIGNMENT, 4, 0x200000 },
		{ HDR_CMDLINE_SIZE, 4, VMLINUX_CMDLINE - 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		uint32_t le = htole32(fields[i].value);

		memcpy(f->header + fields[i].off - BP_HEADER, &le, fields[i].width);
	}
	f->header_len = HDR_INIT_SIZE_END - BP_HEADER;
	f->cmdline_size = VMLINUX_CMDLINE - 1;
}

/* /proc/cpuinfo has this flag only where five-level page tables are in use. */
static bool has_five_levels(const struct sys *sys)
{
	char text[8192]; /* the first CPU's lines and more */
	char *flags, *line_end, *found;
	int n = sysfile_head(sys->root, "/proc/cpuinfo", text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	flags = strstr(text, "\nflags");
	if (!flags)
		return false;
	line_end = strchr(flags + 1, '\n');
	if (line_end)
		*line_end = '\0';
	found = strstr(flags, " la57");
	return found && (found[5] == ' ' || found[5] == '\0');
}

static int no_five_levels(struct why *w)
{
	return why(w, -EOPNOTSUPP,
		   "kernel cannot start under the five-level page tables of this machine; boot with 'no5lvl' to load it");
}

/*
 * The one table that only a kernel for five levels has (arch/x86/kernel/head_64.S,
 * since 4.14) tells where its symbols were left in. Where they were not, trust it.
 */
#define FIVE_LEVEL_SYMBOL "level4_kernel_pgt"

static int make_header(struct x86_facts *f, const struct extent *kernel, const struct sys *sys,
		       struct why *w)
{
	if (has_five_levels(sys) && vmlinux_has_symbol(kernel, FIVE_LEVEL_SYMBOL, NULL) == 0)
		return no_five_levels(w);
	synthesize_header(f);
	return 0;
}

static int copy_header(struct x86_facts *f, const struct bzImage_facts *b,
		       const struct extent *kernel, const struct sys *sys, struct why *w)
{
	if (b->header_end < HDR_INIT_SIZE_END || b->header_end > BP_HEADER_MAX)
		return why(w, -EBADMSG, "bzImage has a setup header that ends at %#x",
			   b->header_end);
	if (!(b->xloadflags & BZIMAGE_5LEVEL) && has_five_levels(sys))
		return no_five_levels(w);
	f->header_len = b->header_end - b->header_off;
	f->cmdline_size = b->cmdline_size;
	return extent_read(kernel, b->header_off, f->header, f->header_len, w);
}

static void read_params(struct x86_facts *f, struct span params)
{
	span_get(f->screen_info, params, BP_SCREEN_INFO, sizeof(f->screen_info));
	span_le64(params, BP_ACPI_RSDP, &f->rsdp);
	span_le32(params, HDR_SUBARCH, &f->subarch);
	span_get(&f->nr_edd, params, BP_NR_EDD, sizeof(f->nr_edd));
	span_get(&f->nr_mbr, params, BP_NR_MBR, sizeof(f->nr_mbr));
	span_get(f->edd, params, BP_EDD, sizeof(f->edd));
	span_get(f->mbr, params, BP_MBR, sizeof(f->mbr));
	if (f->nr_edd > EDD_MAX)
		f->nr_edd = EDD_MAX;
	if (f->nr_mbr > MBR_MAX)
		f->nr_mbr = MBR_MAX;
}

/* A kernel whose own randomness is not ready yet has none to give away, and seeds nobody. */
static void read_seed(struct x86_facts *f, const struct x86_setup_options *o)
{
	if (o->rng_seed) {
		memcpy(f->seed, o->rng_seed, sizeof(f->seed));
		f->has_seed = true;
	} else {
		f->has_seed = getrandom(f->seed, sizeof(f->seed), GRND_NONBLOCK) ==
			      (ssize_t)sizeof(f->seed);
	}
}

static int read_machine(struct x86_facts *f, bool efi, const struct sys *sys, struct why *w)
{
	autofree char *data = NULL;
	struct span params;
	int n = sysfile_read(sys->root, BOOT_PARAMS, &data);

	/* The kernel makes it wherever there is a /sys; without it there is nothing to pass on. */
	if (n == -ENOENT)
		n = 0;
	if (n < 0)
		return why(w, n, "%s: %s", BOOT_PARAMS, strerror(-n));
	if (n != 0 && n != BP_SIZE)
		return why(w, -EBADMSG, "%s has %d bytes, not %d", BOOT_PARAMS, n, BP_SIZE);
	params = (struct span){ (unsigned char *)data, n };
	read_params(f, params);
	if (f->rsdp == 0)
		f->rsdp = efi_rsdp(sys);
	return efi ? efi_facts_read(&f->efi, params, sys, w) : 0;
}

int x86_facts_read(struct x86_facts **ret, const struct extent *kernel,
		   const struct x86_setup_options *o, const struct sys *sys, struct why *w)
{
	struct x86_facts *f = calloc(1, sizeof(*f));
	struct bzImage_facts b = { 0 };
	bool efi;
	int r;

	if (!f)
		return why(w, -ENOMEM, "out of memory");
	r = bzImage_facts(&b, kernel, w);
	if (r == 0)
		r = copy_header(f, &b, kernel, sys, w);
	else if (r == -ENOEXEC)
		r = make_header(f, kernel, sys, w);
	efi = (b.xloadflags & BZIMAGE_EFI_KEXEC) && !o->noefi;
	if (r == 0)
		r = read_machine(f, efi, sys, w);
	if (r < 0) {
		x86_facts_free(f);
		return r;
	}
	read_seed(f, o);
	f->kho = o->kho;
	*ret = f;
	return 0;
}

void x86_facts_free(struct x86_facts *f)
{
	if (!f)
		return;
	efi_facts_done(&f->efi);
	explicit_bzero(f->seed, sizeof(f->seed));
	free(f);
}
