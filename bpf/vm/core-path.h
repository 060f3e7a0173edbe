/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a program's type information to the kernel's: what is called by an index in
 * the one is looked for by its name in the other. Needs libbpf.
 *
 * Answers, beside 0: -EBADMSG: the program's side is malformed; -ENOENT: the kernel
 * has the type, but not that in it; -EOPNOTSUPP: not known here.
 */
#ifndef BPF_VM_CORE_PATH_H
#define BPF_VM_CORE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORE_PATH_STEPS 16

struct btf;

/* Either the name of a member or, where that is NULL, an index into an array. */
struct core_step {
	const char *name;
	uint32_t index;
};

/* A struct's name and the way into it; strings belong to the program's information. */
struct core_path {
	char root[128];
	uint32_t index; /* of the struct, taken for an element of an array */
	struct core_step step[CORE_PATH_STEPS];
	size_t nr;
};

struct core_field {
	uint64_t off; /* bytes */
	uint32_t size;
	bool is_signed;
};

/* The path that the string at @path says, from type @type on, and where it ends in @own. */
int core_path_read(struct core_path *ret, struct core_field *ret_own, const struct btf *own,
		   uint32_t type, uint32_t path);
/* Where it ends in the kernel's. */
int core_path_find(struct core_field *ret, const struct btf *kernel, const struct core_path *path);

/* Bytes of a struct, union or enum on both sides. */
int core_type_size(uint64_t *ret_own, uint64_t *ret_kernel, const struct btf *own,
		   const struct btf *kernel, uint32_t type);
/* The value of the enumerator whose number the string at @path is. */
int core_enum_value(uint64_t *ret_own, uint64_t *ret_kernel, const struct btf *own,
		    const struct btf *kernel, uint32_t type, uint32_t path);

#endif
