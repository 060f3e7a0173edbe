// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kexec/arch/arch.h"
#include "tests/unit/machine.h"

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>
#endif

struct call calls[MAX_CALLS];
size_t nr_calls;
int answers[MAX_CALLS];

static int fake_file_load(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
			  const char *cmdline, unsigned long flags)
{
	struct call *c = &calls[nr_calls];
	struct stat st;

	assert_true(nr_calls < MAX_CALLS);
	if (flags & KEXEC_FILE_UNLOAD) {
		*c = (struct call){ .flags = flags };
		return answers[nr_calls++];
	}
	assert_int_equal(fstat(kernel_fd, &st), 0);
	assert_int_equal(cmdline_len, strlen(cmdline) + 1);
	*c = (struct call){ .kernel_size = st.st_size, .flags = flags };
	snprintf(c->cmdline, sizeof(c->cmdline), "%s", cmdline);
	if (initrd_fd >= 0) {
		assert_true(pread(initrd_fd, c->initrd, sizeof(c->initrd) - 1, 0) > 0);
		assert_true(pread(initrd_fd, c->initrd_bytes, sizeof(c->initrd_bytes), 0) > 0);
		assert_int_equal(fstat(initrd_fd, &st), 0);
		c->initrd_size = st.st_size;
	}
	return answers[nr_calls++];
}

static int fake_load(unsigned long entry, unsigned long nr_segments,
		     const struct kexec_segment_arg *segments, unsigned long flags)
{
	struct call *c = &calls[nr_calls];

	assert_true(nr_calls < MAX_CALLS);
	assert_true(nr_segments <= 16);
	*c = (struct call){ .classic = true, .entry = entry, .nr_segments = nr_segments,
			    .flags = flags };
	for (unsigned long i = 0; i < nr_segments; i++) {
		size_t size = sizeof(c->first[i]);

		c->segments[i] = segments[i];
		c->segments[i].buf = NULL; /* is gone after the call */
		if (segments[i].bufsz)
			memcpy(c->first[i], segments[i].buf,
			       segments[i].bufsz < size ? segments[i].bufsz : size);
	}
	return answers[nr_calls++];
}

static const struct sys_ops fake_ops = { .kexec_file_load = fake_file_load,
					 .kexec_load = fake_load };

/* ---- the machine ---- */

static char root[] = "/tmp/kexec-test-load-XXXXXX";
char path_bzImage[64], path_uki[64], path_parser[64], path_initrd[64];
const struct sys machine = { .root = root, .ops = &fake_ops };

void put_bytes(const char *path, const void *data, size_t size)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = full + sizeof(root); (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

void put_text(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

void put_image(char *ret_path, const char *name, const struct bytes *image)
{
	put_bytes(name, image->data, image->size);
	snprintf(ret_path, sizeof(path_uki), "%s%s", root, name);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int make_machine(void **state)
{
	autobytes struct bytes bzImage = { 0 }, uki = { 0 }, parser = { 0 };

	(void)state;
	memcpy(root + sizeof(root) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(root));
	make_bzImage(&bzImage);
	MAKE_PE(&uki, { ".linux", bytes_span(&bzImage) }, { ".initrd", TEXT("EMBEDDED") },
		{ ".cmdline", TEXT("embedded") });
	MAKE_PE(&parser, { ".linux", bytes_span(&bzImage) }, { ".initrd", TEXT("EMBEDDED") },
		{ ".cmdline", TEXT("embedded") }, { ".bpf", TEXT("program") });
	put_image(path_bzImage, "/bzImage", &bzImage);
	put_image(path_uki, "/uki.efi", &uki);
	put_image(path_parser, "/parser.efi", &parser);
	put_text("/initrd", "GIVEN");
	snprintf(path_initrd, sizeof(path_initrd), "%s/initrd", root);
	put_text("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/vda crashkernel=256M quiet\n");
	put_text("/proc/sys/kernel/osrelease", "6.12.1\n");
	put_text("/proc/iomem", "00100000-0fffffff : System RAM\n"
				"  04000000-07ffffff : Crash kernel\n");
	nr_calls = 0;
	memset(answers, 0, sizeof(answers));
	return 0;
}

int remove_machine(void **state)
{
	(void)state;
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *const able[2] = { "KEXEC_PARSER_ABI_REF", "KEXEC_PARSER_ABI_PLAIN" };

#ifdef HAVE_LIBBPF
void put_btf(const char *const *names, size_t nr)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	uint32_t size;

	assert_non_null(btf);
	assert_true(btf__add_enum(btf, "kexec_parser_abi", 4) > 0);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(btf__add_enum_value(btf, names[i], i + 1), 0);
	raw = btf__raw_data(btf, &size);
	assert_non_null(raw);
	put_bytes("/sys/kernel/btf/vmlinux", raw, size);
	btf__free(btf);
}
#endif

enum kexec_exit load(const struct kexec_options *o)
{
	return load_kernel(o, &arch_x86_64, &machine);
}
