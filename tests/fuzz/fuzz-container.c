/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A detached parser: a container, maybe with a signature behind it. The programs are not run. */
#include "bpf/appended.h"
#include "bpf/vm/container.h"
#include "lib/cleanup.h"
#include "tests/fuzz/fuzz.h"

static void open_layer(struct span object, unsigned int depth)
{
	struct container c = { 0 };
	struct why w = { 0 };
	int r = container_open(&c, object, &w);

	PROMISE(r >= 0 || (w.err == r && w.text[0]));
	if (r <= 0)
		return;
	PROMISE(c.nr > 0 && c.nr <= LIMIT_BPF_ALTERNATIVES);
	for (size_t i = 0; i < LIMIT_BPF_ALTERNATIVES; i++)
		PROMISE((i < c.nr) == (c.program[i].size > 0));
	for (size_t i = 0; i < c.nr; i++)
		PROMISE(c.program[i].data >= object.data && c.program[i].size <= object.size);
	if (c.nested.data && depth < LIMIT_NESTING)
		open_layer(c.nested, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct appended a = { 0 };
	struct why w = { 0 };
	int r = appended_split(&a, (struct span){ data, size }, &w);

	PROMISE(r == 0 || (r == w.err && w.text[0]));
	if (r < 0)
		return 0;
	PROMISE(a.file.size + a.signature.size <= size);
	open_layer(a.file, 0);
	return 0;
}
