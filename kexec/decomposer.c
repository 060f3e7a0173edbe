// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kexec/decomposer.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* Both are needed: programs without a loader of their own, and parts by reference. */
static bool has_abi(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "kexec_parser_abi", BTF_KIND_ENUM);
	bool reference = false, plain = false;
	const struct btf_type *type;
	const struct btf_enum *e;

	if (id < 0)
		return false;
	type = btf__type_by_id(btf, id);
	e = btf_enum(type);
	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf, e[i].name_off);

		reference |= name && strcmp(name, "KEXEC_PARSER_ABI_REF") == 0;
		plain |= name && strcmp(name, "KEXEC_PARSER_ABI_PLAIN") == 0;
	}
	return reference && plain;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static int ask_btf(const char *path, struct why *w)
{
	struct btf *btf;
	int r;

	libbpf_set_print(quiet);
	btf = btf__parse(path, NULL);
	r = btf ? 0 : errno;
	if (!btf)
		return why(w, r ? -r : -EBADMSG, "%s: %s", KERNEL_BTF, strerror(r));
	r = has_abi(btf);
	btf__free(btf);
	return r;
}
#else
static int ask_btf(const char *path, struct why *w)
{
	(void)path;
	return why(w, -EOPNOTSUPP, "built without libbpf");
}
#endif

int decomposer_present(const struct sys *sys, struct why *w)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s%s", sys->root, KERNEL_BTF) >= (int)sizeof(path))
		return why(w, -ENAMETOOLONG, "%s: path too long", KERNEL_BTF);
	if (access(path, R_OK) < 0)
		return why(w, -errno, "%s: %s", KERNEL_BTF, strerror(errno));
	return ask_btf(path, w);
}
