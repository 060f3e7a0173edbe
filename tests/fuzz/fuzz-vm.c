/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A parser program and an image, both hostile: the input is a byte that says
 * what the program is (0: an object, else bare instructions), four bytes with its
 * length, the program, the image.
 */
#include <string.h>

#include "bpf/run.h"
#include "bpf/vm/vm.h"
#include "tests/fuzz/fuzz.h"

#define HEAD 5

static void check_part(const struct extent *e)
{
	PROMISE(e->len > 0 && range_fits(e->blob->size, e->off, e->len));
}

static void run_object(struct span object, struct span image)
{
	autoblob struct blob parser = { 0 }, file = { 0 };
	struct bpf_options o = { .parser = &parser };
	autoimage struct boot_image img = { 0 };
	struct why w = { 0 };

	if (blob_copy(&parser, object, "program", NULL) < 0 ||
	    blob_copy(&file, image, "image", NULL) < 0)
		return;
	if (bpf_run(&img, &file, &o, &w) < 0) {
		PROMISE(w.err < 0 && w.text[0]);
		return;
	}
	check_part(&img.kernel.bytes);
	PROMISE(img.nr_initrd <= LIMIT_INITRDS);
	for (size_t i = 0; i < img.nr_initrd; i++)
		check_part(&img.initrd[i].bytes);
	PROMISE(!img.cmdline || (img.cmdline[0] && strlen(img.cmdline) <= LIMIT_CMDLINE));
}

static void run_code(struct span code, struct span image)
{
	static const struct kexec_bpf_ctx ctx = { .version = 1, .parser_id = 7, .nr_bufs = 1 };
	autoprogram struct vm_program p = { 0 };
	autostage struct vm_stage stage = { .id = 7 };
	autoblob struct blob file = { 0 };
	struct why w = { 0 };
	uint64_t r0;
	int r;

	if (blob_copy(&file, image, "image", NULL) < 0)
		return;
	stage.image = blob_whole(&file);
	r = vm_decode(&p, code, &w);
	if (r == 0)
		r = vm_check(&p, &w);
	if (r == 0)
		r = vm_run(&p, (struct span){ (const unsigned char *)&ctx, sizeof(ctx) }, &stage,
			   &r0, &w);
	PROMISE(r == 0 || (w.err == r && w.text[0]));
	PROMISE(!stage.done || stage.kernel.given);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = { data, size }, program, image;
	uint32_t length;

	if (!span_le32(all, 1, &length) || !span_sub(&program, all, HEAD, length) ||
	    !span_sub(&image, all, HEAD + (size_t)length, size - HEAD - length))
		return 0;
	if (data[0] == 0)
		run_object(program, image);
	else
		run_code(program, image);
	return 0;
}
