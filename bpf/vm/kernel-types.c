/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "bpf/vm/kernel-types.h"
#include "lib/cleanup.h"

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>

_Static_assert(sizeof(struct vm_kexec_context) == 64 + 4 * 8 * KEXEC_BPF_MAX_BUFS,
	       "struct kexec_context of the kernel's half");

/* Identifiers of types that others are made of. */
enum { BOOL, CHAR, INT, ULONG, TEXT, TEXTS, ULONGS, BASE_TYPES };

static const struct {
	const char *name;
	size_t off; /* bytes */
	int type;
} fields[] = {
#define FIELD(name, type)                                            \
	{                                                            \
#name, offsetof(struct vm_kexec_context, name), type \
	}
	FIELD(kdump, BOOL),
	FIELD(kernel, TEXT),
	FIELD(kernel_sz, INT),
	FIELD(initrd, TEXT),
	FIELD(initrd_sz, INT),
	FIELD(cmdline, TEXT),
	FIELD(cmdline_sz, INT),
	FIELD(parsed, BOOL),
	FIELD(sig_mode, INT),
	FIELD(parsing_buf, TEXTS),
	FIELD(parsing_buf_sz, ULONGS),
	FIELD(next_parsing_buf, TEXTS),
	FIELD(next_parsing_buf_sz, ULONGS),
#undef FIELD
};

static const struct {
	const char *name;
	enum kexec_parser_abi value;
} abi[] = {
	{ "KEXEC_PARSER_ABI_REF", KEXEC_PARSER_ABI_REF },
	{ "KEXEC_PARSER_ABI_READ", KEXEC_PARSER_ABI_READ },
	{ "KEXEC_PARSER_ABI_PLAIN", KEXEC_PARSER_ABI_PLAIN },
	{ "KEXEC_PARSER_ABI_SKELETON", KEXEC_PARSER_ABI_SKELETON },
};

/* True if all went well: an identifier is never negative. */
static bool add_base(struct btf *btf, int id[BASE_TYPES])
{
	id[BOOL] = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	id[CHAR] = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	id[INT] = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	id[ULONG] = btf__add_int(btf, "unsigned long", 8, 0);
	id[TEXT] = btf__add_ptr(btf, id[CHAR]);
	id[TEXTS] = btf__add_array(btf, id[ULONG], id[TEXT], KEXEC_BPF_MAX_BUFS);
	id[ULONGS] = btf__add_array(btf, id[ULONG], id[ULONG], KEXEC_BPF_MAX_BUFS);
	for (size_t i = 0; i < BASE_TYPES; i++)
		if (id[i] < 0)
			return false;
	return true;
}

static bool add_types(struct btf *btf)
{
	int id[BASE_TYPES];
	bool good = add_base(btf, id) &&
		    btf__add_struct(btf, "kexec_context", sizeof(struct vm_kexec_context)) >= 0;

	for (size_t i = 0; good && i < ARRAY_SIZE(fields); i++)
		good = btf__add_field(btf, fields[i].name, id[fields[i].type], fields[i].off * 8,
				      0) == 0;
	good = good && btf__add_enum(btf, "kexec_parser_abi", 4) >= 0;
	for (size_t i = 0; good && i < ARRAY_SIZE(abi); i++)
		good = btf__add_enum_value(btf, abi[i].name, abi[i].value) == 0;
	return good;
}

struct btf *vm_kernel_types(void)
{
	struct btf *btf = btf__new_empty();

	if (!btf || add_types(btf))
		return btf;
	btf__free(btf);
	return NULL;
}
#endif
