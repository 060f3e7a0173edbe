/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/run.h"
#include "bpf/source.h"
#include "bpf/vm/vm.h"
#include "lib/cleanup.h"
#include "lib/decompress.h"

static int load_program(struct vm_program *ret, struct span object, const struct vm_stage *s,
			struct why *w)
{
	autoprogram struct vm_program p = { 0 };
	struct why bad = { 0 };
	int r = vm_load(&p, object, s->trace, &bad);

	if (r == 0)
		r = vm_check(&p, &bad);
	if (r == 0 && s->enforced && p.kind != VM_PLAIN)
		r = why(&bad, -EBADMSG,
			"it is a light skeleton, which enforced signatures do not allow");
	/* The program is bad; -ENOEXEC would say here that there is none. */
	if (r < 0)
		return why(w, r == -ENOEXEC ? -EBADMSG : r, "%s", bad.text);
	*ret = p;
	p = (struct vm_program){ 0 };
	return 0;
}

static void fill_context(struct kexec_bpf_ctx *ctx, const struct vm_stage *s, bool crash)
{
	*ctx = (struct kexec_bpf_ctx){
		.version = htole32(KEXEC_BPF_CTX_VERSION),
		.flags = htole32((crash ? KEXEC_BPF_F_CRASH : 0) |
				 (s->enforced ? KEXEC_BPF_F_ENFORCED : 0)),
		.parser_id = htole64(s->id),
		.nr_bufs = htole32(1),
		.buf_size = { htole64(s->image.len) },
	};
}

/* What the kernel tells a program, in our few words. */
static int vocabulary(int err)
{
	switch (err) {
	case -E2BIG:
	case -EFBIG:
		return -E2BIG;
	case -ENOMEM:
		return err;
	default:
		return -EBADMSG;
	}
}

/* How a stage ended: the order in which the kernel looks at it. */
static int judge(const struct vm_stage *s, int32_t returned, struct why *w)
{
	if (s->err)
		return why(w, vocabulary(s->err), "%s", s->reason.text);
	if (returned)
		return why(w, returned == -E2BIG ? -E2BIG : -EBADMSG,
			   "it refuses the image and returns %d%s%s", returned,
			   returned < 0 && returned > -4096 ? ": " : "",
			   returned < 0 && returned > -4096 ? strerror(-returned) : "");
	if (!s->done)
		return why(w, -ENOEXEC, "it does not recognise the image");
	return 0;
}

static int run_program(struct vm_stage *s, struct span object, bool crash, struct why *w)
{
	autoprogram struct vm_program p = { 0 };
	struct kexec_bpf_ctx ctx;
	uint64_t r0 = 0;
	int r = load_program(&p, object, s, w);

	if (r < 0)
		return r;
	stage_trace(s, "program of %zu instructions on an image of %llu bytes", p.nr,
		    (unsigned long long)s->image.len);
	if (p.kind == VM_ATTACHED) {
		r = vm_run_attached(&p, crash, s, w);
		return r < 0 ? r : judge(s, 0, w);
	}
	fill_context(&ctx, s, crash);
	r = vm_run(&p, (struct span){ (unsigned char *)&ctx, sizeof(ctx) }, s, &r0, w);
	if (r < 0)
		return r;
	/* An int to the kernel, whatever the upper half of the register holds. */
	stage_trace(s, "program returned %d, %s DONE", (int32_t)r0,
		    s->done ? "after" : "without");
	return judge(s, (int32_t)r0, w);
}

/* The bytes of a part; those of its own go over to the image. */
static int part_bytes(struct boot_image *img, struct stage_part *part, struct extent *ret,
		      struct why *w)
{
	if (part->own.kind != BLOB_NONE)
		return boot_image_own(img, &part->own, ret, w);
	*ret = part->bytes;
	return 0;
}

/* What the kernel knows by two bytes, like include/linux/decompress/generic.h. */
static int find_codec(const struct codec **ret, const struct extent *packed, struct why *w)
{
	static const struct {
		unsigned char magic[2];
		/* What those kernels do not serve: such a decompressor trusts its input. */
		const char *lacking;
	} known[] = {
		{ { 0x1f, 0x8b }, NULL },   { { 0x28, 0xb5 }, NULL },  { { 0xfd, 0x37 }, NULL },
		{ { 0x5d, 0x00 }, "lzma" }, { { 0x02, 0x21 }, "lz4" }, { { 0x42, 0x5a }, "bzip2" },
		{ { 0x89, 0x4c }, "lzop" },
	};
	unsigned char head[CODEC_HEAD];
	int n = extent_head(packed, head, sizeof(head), w);

	if (n < 0)
		return n;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!span_is((struct span){ head, n }, 0, known[i].magic, 2))
			continue;
		if (known[i].lacking)
			return why(w, -EOPNOTSUPP,
				   "kernel is compressed with %s, which kernels "
				   "do not unpack for parser programs",
				   known[i].lacking);
		*ret = codec_by_magic((struct span){ head, n });
		if (*ret)
			return 0;
	}
	return why(w, -EBADMSG, "kernel is not compressed in a way that is known");
}

/* @bytes, and what is in them then; exactly as many as the program said, if it did. */
static int unpack_kernel(struct boot_image *img, struct extent *bytes, uint32_t size,
			 struct why *w)
{
	autoblob struct blob plain = { 0 };
	const struct codec *codec;
	int r = find_codec(&codec, bytes, w);

	if (r == 0)
		r = decompress(codec, bytes, &plain, "kernel", size ? size : LIMIT_DECOMPRESSED, w);
	if (r == -E2BIG && size)
		return -EBADMSG;
	if (r == 0 && size && plain.size != size)
		r = why(w, -EBADMSG, "kernel unpacks to %llu bytes instead of %u",
			(unsigned long long)plain.size, size);
	return r < 0 ? r : boot_image_own(img, &plain, bytes, w);
}

static int take_kernel(struct boot_image *img, struct stage_part *part, struct why *w)
{
	struct extent bytes;
	int r = part_bytes(img, part, &bytes, w);

	if (r == 0 && part->compressed)
		r = unpack_kernel(img, &bytes, part->size, w);
	if (r < 0)
		return r;
	img->kernel.bytes = bytes;
	strcpy(img->kernel.origin, "parser program");
	return 0;
}

static int check_initrd_size(const struct vm_stage *s, struct why *w)
{
	uint64_t total = 0;

	for (size_t i = 0; i < s->nr_initrd; i++) {
		const struct stage_part *part = &s->initrd[i];

		/* At most sixteen files of 4 GiB: far from an overflow. */
		total = (total + 3) / 4 * 4;
		total += part->own.kind == BLOB_NONE ? part->bytes.len : part->own.size;
	}
	if (total > LIMIT_BPF_INITRD)
		return why(w, -E2BIG, "initrds of %llu bytes together", (unsigned long long)total);
	return 0;
}

static int take_initrds(struct boot_image *img, struct vm_stage *s, struct why *w)
{
	bool wanted = img->nr_initrd == 0;
	int r = check_initrd_size(s, w);

	for (size_t i = 0; r == 0 && wanted && i < s->nr_initrd; i++) {
		struct extent bytes;

		r = part_bytes(img, &s->initrd[i], &bytes, w);
		if (r == 0)
			r = boot_image_add_initrd(img, &bytes, "parser program", w);
	}
	return r;
}

/*
 * Where the text ends: at the first NUL, minus what is blank at its end. It may
 * be as long as the file, and only its beginning is kept in @buf.
 */
static int measure_cmdline(const struct extent *e, unsigned char *buf, uint64_t *ret,
			   struct why *w)
{
	autofree unsigned char *chunk = malloc(LIMIT_CMDLINE);
	uint64_t end = 0;
	bool ended = false;

	if (!chunk)
		return why(w, -ENOMEM, "out of memory");
	for (uint64_t at = 0; !ended && at < e->len; at += LIMIT_CMDLINE) {
		size_t n = e->len - at < LIMIT_CMDLINE ? e->len - at : LIMIT_CMDLINE;
		int r = extent_read(e, at, at ? chunk : buf, n, w);
		const unsigned char *text = at ? chunk : buf;

		if (r < 0)
			return r;
		for (size_t i = 0; !ended && i < n; i++) {
			ended = text[i] == '\0';
			if (text[i] > ' ' && text[i] != 0x7f)
				end = at + i + 1;
		}
	}
	*ret = end;
	return 0;
}

static int take_cmdline(struct boot_image *img, struct stage_part *part, struct why *w)
{
	autofree unsigned char *text = malloc(LIMIT_CMDLINE);
	struct extent bytes = part->bytes;
	uint64_t len = 0;
	int r;

	if (!part->given)
		return 0;
	if (!text)
		return why(w, -ENOMEM, "out of memory");
	if (part->own.kind != BLOB_NONE)
		bytes = blob_whole(&part->own);
	r = measure_cmdline(&bytes, text, &len, w);
	if (r < 0)
		return r;
	if (len > LIMIT_CMDLINE)
		return why(w, -E2BIG, "command line of more than %llu bytes",
			   (unsigned long long)LIMIT_CMDLINE);
	if (len == 0 || img->cmdline)
		return 0;
	return boot_image_set_cmdline(img, (char *)text, len, "parser program", w);
}

/* Carries out what the program asked for, in the kernel's order. An outer part stays. */
static int take_parts(struct boot_image *img, struct vm_stage *s, struct why *w)
{
	int r = take_kernel(img, &s->kernel, w);

	if (r == 0)
		r = take_initrds(img, s, w);
	return r < 0 ? r : take_cmdline(img, &s->cmdline, w);
}

/* One of the programs for an image. -ENOEXEC: it does not know it, and nothing has changed. */
static int run_stage(struct boot_image *img, struct span object, bool outermost, uint64_t id,
		     const struct bpf_options *o, struct why *w)
{
	autostage struct vm_stage s = {
		.image = img->kernel.bytes, .id = id, .enforced = o->enforced, .trace = o->trace,
		.envelope = outermost,
	};
	int r = run_program(&s, object, o->crash, w);

	return r < 0 ? r : take_parts(img, &s, w);
}

/* The first that knows the image, or finds it broken, has the say. */
static int run_programs(struct boot_image *img, const struct bpf_source *source, uint64_t *id,
			const struct bpf_options *o, struct why *w)
{
	const struct container *c = &source->programs;
	int r = -ENOEXEC;

	for (size_t i = 0; r == -ENOEXEC && i < c->nr; i++) {
		why_clear(w);
		r = run_stage(img, c->program[i], source->outermost, ++*id, o, w);
		if (r < 0 && c->nr > 1)
			why_prefix(w, "parser program %zu of %zu: ", i + 1, c->nr);
		else if (r < 0)
			why_prefix(w, "parser program: ");
	}
	return r;
}

static int run_layer(struct boot_image *img, struct bpf_source *source, unsigned int depth,
		     uint64_t *id, const struct bpf_options *o, struct why *w)
{
	int r = bpf_source_next(source, &img->kernel.bytes, depth, w);

	if (r == -ENOEXEC && depth > 0)
		return 1;
	if (r == 0)
		r = run_programs(img, source, id, o, w);
	/* What the image around has programs for need not be there. */
	if (r == -ENOEXEC && source->nested) {
		why_clear(w);
		return 1;
	}
	return r;
}

static int run_all(struct boot_image *img, const struct bpf_options *o, struct why *w)
{
	autosource struct bpf_source source = { .detached = o->parser };
	uint64_t id = 0;
	int r = 0;

	for (unsigned int depth = 0; r == 0; depth++) {
		r = run_layer(img, &source, depth, &id, o, w);
		if (r < 0 && depth > 0)
			why_prefix(w, "inside %u other image%s: ", depth, depth > 1 ? "s" : "");
	}
	return r < 0 ? r : 0;
}

int bpf_run(struct boot_image *ret, struct blob *file, const struct bpf_options *o,
	    struct why *w)
{
	static const struct bpf_options defaults;
	autoimage struct boot_image img = { 0 };
	int r;

	strcpy(img.kernel.origin, "file");
	r = boot_image_own(&img, file, &img.kernel.bytes, w);
	if (r == 0)
		r = run_all(&img, o ? o : &defaults, w);
	if (r < 0)
		return r;
	*ret = img;
	img = (struct boot_image){ 0 };
	return 0;
}
