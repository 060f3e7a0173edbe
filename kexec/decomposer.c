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

/* All up to the skill are needed: the first two for programs that name parts by reference. */
static const char *const needed[] = {
	"KEXEC_PARSER_ABI_REF",
	"KEXEC_PARSER_ABI_PLAIN",
	"KEXEC_PARSER_ABI_DETACHED",
};

static bool has_name(const struct btf *btf, const struct btf_type *type, const char *want)
{
	const struct btf_enum *e = btf_enum(type);

	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf, e[i].name_off);

		if (name && strcmp(name, want) == 0)
			return true;
	}
	return false;
}

static bool has_abi(const struct btf *btf, enum decomposer_skill skill)
{
	size_t nr = skill == DECOMPOSER_DETACHED ? 3 : 2;
	int id = btf__find_by_name_kind(btf, "kexec_parser_abi", BTF_KIND_ENUM);

	if (id < 0)
		return false;
	for (size_t i = 0; i < nr; i++)
		if (!has_name(btf, btf__type_by_id(btf, id), needed[i]))
			return false;
	return true;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static int ask_btf(const char *path, enum decomposer_skill skill, struct why *w)
{
	struct btf *btf;
	int r;

	libbpf_set_print(quiet);
	btf = btf__parse(path, NULL);
	r = btf ? 0 : errno;
	if (!btf)
		return why(w, r ? -r : -EBADMSG, "%s: %s", KERNEL_BTF, strerror(r));
	r = has_abi(btf, skill);
	btf__free(btf);
	return r;
}
#else
static int ask_btf(const char *path, enum decomposer_skill skill, struct why *w)
{
	(void)path;
	(void)skill;
	return why(w, -EOPNOTSUPP, "built without libbpf");
}
#endif

int decomposer_present(const struct sys *sys, enum decomposer_skill skill, struct why *w)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s%s", sys->root, KERNEL_BTF) >= (int)sizeof(path))
		return why(w, -ENAMETOOLONG, "%s: path too long", KERNEL_BTF);
	if (access(path, R_OK) < 0)
		return why(w, -errno, "%s: %s", KERNEL_BTF, strerror(errno));
	return ask_btf(path, skill, w);
}
