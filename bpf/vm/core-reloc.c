/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CO-RE: where a field is, or whether there is one, is put into a program's
 * instructions by the names that its own type information gives to them. What the
 * records mean is told in the kernel's include/uapi/linux/bpf.h, enum
 * bpf_core_relo_kind and struct bpf_core_relo, and in Documentation/bpf/llvm_reloc.rst.
 *
 * Both sides are read through libbpf; core-path.c goes along names and indices. The
 * program's side is untrusted: nothing in it is believed before it was looked up.
 */
#include <errno.h>
#include <stdlib.h>

#include "bpf/vm/core-path.h"
#include "bpf/vm/kernel-types.h"
#include "bpf/vm/lskel.h"

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define RECORD_SIZE 16

/* What the record asks about a field, a type or a constant. */
enum {
	FIELD_OFFSET,
	FIELD_SIZE,
	FIELD_EXISTS,
	FIELD_SIGNED,
	FIELD_LSHIFT,
	FIELD_RSHIFT,
	TYPE_LOCAL_ID,
	TYPE_TARGET_ID,
	TYPE_EXISTS,
	TYPE_SIZE,
	ENUM_EXISTS,
	ENUM_VALUE,
};

struct reloc {
	struct vm_program *program;
	struct btf *own, *kernel;
	size_t index; /* of the record */
	uint32_t off, type, path, kind;
	struct why *why;
};

static int refuse(const struct reloc *c, int err, const char *reason)
{
	return why(c->why, err, "CO-RE relocation %zu %s", c->index, reason);
}

static uint64_t field_value(uint32_t kind, const struct core_field *f)
{
	switch (kind) {
	case FIELD_OFFSET:
		return f->off;
	case FIELD_SIZE:
		return f->size;
	case FIELD_SIGNED:
		return f->is_signed;
	case FIELD_LSHIFT:
	case FIELD_RSHIFT:
		return 64 - 8 * (uint64_t)f->size;
	default:
		return 1;
	}
}

static bool asks_for_existence(uint32_t kind)
{
	return kind == FIELD_EXISTS || kind == TYPE_EXISTS || kind == ENUM_EXISTS;
}

/* After this it cannot be carried out; ld_imm64 has two slots. */
static void poison(struct vm_insn *i, bool wide)
{
	i[0] = (struct vm_insn){ .code = OP_CALL, .imm = CALL_POISON };
	if (wide)
		i[1] = i[0];
}

/* Puts @value where clang has put @old, which must be what is there. */
static int patch(const struct reloc *c, struct vm_insn *i, size_t left, uint64_t old,
		 uint64_t value)
{
	int class = INSN_CLASS(i->code);

	if (i->code == OP_LD_IMM64 && left > 1 && !i->src) {
		if ((uint32_t)i[0].imm != (uint32_t)old || (uint32_t)i[1].imm != old >> 32)
			return refuse(c, -EBADMSG, "does not fit its instruction");
		i[0].imm = (int32_t)(uint32_t)value;
		i[1].imm = (int32_t)(uint32_t)(value >> 32);
	} else if (class == CLASS_ALU32 || class == CLASS_ALU64) {
		if ((i->code & SRC_REG) || (uint32_t)i->imm != (uint32_t)old)
			return refuse(c, -EBADMSG, "does not fit its instruction");
		i->imm = (int32_t)(uint32_t)value;
	} else if (class == CLASS_LDX || class == CLASS_ST || class == CLASS_STX) {
		if (i->off < 0 || (uint64_t)i->off != old || value > INT16_MAX)
			return refuse(c, -EBADMSG, "does not fit its instruction");
		i->off = (int16_t)value;
	} else {
		return refuse(c, -EBADMSG, "is on an instruction of another kind");
	}
	return 0;
}

/* @found: -ENOENT if the kernel has no such thing, which a program may ask or must not need. */
static int apply(const struct reloc *c, int found, uint64_t old, uint64_t value)
{
	size_t at = c->off / INSN_SIZE;
	struct vm_insn *i = &c->program->insns[at];
	size_t left = c->program->nr - at;

	if (found == 0)
		return patch(c, i, left, old, value);
	if (found != -ENOENT)
		return found;
	if (asks_for_existence(c->kind))
		return patch(c, i, left, old, 0);
	poison(i, i->code == OP_LD_IMM64 && left > 1);
	return 0;
}

static int relocate_field(const struct reloc *c)
{
	struct core_path path = { 0 };
	struct core_field own = { 0 }, kernel = { 0 };
	int r = core_path_read(&path, &own, c->own, c->type, c->path);

	if (r < 0)
		return refuse(c, r,
			      r == -EOPNOTSUPP ? "is for a bit field, which is not supported"
					       : "names no field");
	r = core_path_find(&kernel, c->kernel, &path);
	if (r == -EOPNOTSUPP)
		return why(c->why, r,
			   "CO-RE relocation %zu needs struct %.64s of the kernel, which "
			   "is not known here",
			   c->index, path.root);
	/* What loads four bytes would have to become what loads eight. */
	if (r == 0 && c->kind == FIELD_OFFSET && own.size != kernel.size)
		return refuse(c, -EOPNOTSUPP, "is for a field that has another size in the kernel");
	return apply(c, r, field_value(c->kind, &own), field_value(c->kind, &kernel));
}

static int relocate_type(const struct reloc *c)
{
	uint64_t own = 0, kernel = 0;
	int r = core_type_size(&own, &kernel, c->own, c->kernel, c->type);

	if (r < 0)
		return refuse(c, r, "is for a type that is not known here");
	if (c->kind == TYPE_EXISTS)
		own = kernel = 1;
	return apply(c, 0, own, kernel);
}

static int relocate_enum(const struct reloc *c)
{
	uint64_t own = 0, kernel = 0;
	int r = core_enum_value(&own, &kernel, c->own, c->kernel, c->type, c->path);

	if (r < 0 && r != -ENOENT)
		return refuse(c, r, "is for a constant that is not known here");
	if (c->kind == ENUM_EXISTS)
		own = kernel = 1;
	return apply(c, r, own, kernel);
}

static int relocate(const struct reloc *c)
{
	if (c->off % INSN_SIZE || c->off / INSN_SIZE >= c->program->nr)
		return refuse(c, -EBADMSG, "is outside the program");
	switch (c->kind) {
	case FIELD_OFFSET:
	case FIELD_SIZE:
	case FIELD_EXISTS:
	case FIELD_SIGNED:
	case FIELD_LSHIFT:
	case FIELD_RSHIFT:
		return relocate_field(c);
	case TYPE_LOCAL_ID:
		return 0;
	case TYPE_EXISTS:
	case TYPE_SIZE:
		return relocate_type(c);
	case ENUM_EXISTS:
	case ENUM_VALUE:
		return relocate_enum(c);
	default:
		return refuse(c, -EOPNOTSUPP, "is of a kind that is unknown here");
	}
}

static int relocate_all(struct reloc *c, struct span records)
{
	int r = 0;

	for (; r == 0 && c->index < records.size / RECORD_SIZE; c->index++) {
		size_t at = c->index * RECORD_SIZE;

		span_le32(records, at, &c->off);
		span_le32(records, at + 4, &c->type);
		span_le32(records, at + 8, &c->path);
		span_le32(records, at + 12, &c->kind);
		r = relocate(c);
	}
	return r;
}

/* libbpf believes some of these lengths. */
static bool good_header(struct span btf)
{
	struct btf_header h;
	uint64_t room = btf.size - sizeof(h);

	return span_get(&h, btf, 0, sizeof(h)) && le16toh(h.magic) == BTF_MAGIC &&
	       h.version == BTF_VERSION && le32toh(h.hdr_len) == sizeof(h) &&
	       le32toh(h.type_off) == 0 && le32toh(h.str_off) == le32toh(h.type_len) &&
	       le32toh(h.str_len) > 0 && range_fits(room, le32toh(h.str_off), le32toh(h.str_len));
}

int core_relocate(struct vm_program *p, struct span btf, struct span records, struct why *w)
{
	struct reloc c = { .program = p, .why = w };
	libbpf_print_fn_t said;
	int r;

	if (!good_header(btf))
		return why(w, -EBADMSG, "its type information is malformed");
	said = libbpf_set_print(NULL);
	c.own = btf__new(btf.data, btf.size);
	libbpf_set_print(said);
	if (libbpf_get_error(c.own))
		return why(w, -EBADMSG, "its type information is malformed");
	c.kernel = vm_kernel_types();
	r = c.kernel ? relocate_all(&c, records) : why(w, -ENOMEM, "out of memory");
	btf__free(c.kernel);
	btf__free(c.own);
	return r;
}
#else
int core_relocate(struct vm_program *p, struct span btf, struct span records, struct why *w)
{
	(void)p;
	(void)btf;
	(void)records;
	return why(w, -EOPNOTSUPP,
		   "it has CO-RE relocations, and kexec-tools was built without libbpf");
}
#endif
