// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>

#include "bpf/parser-check.h"
#include "bpf/vm/container.h"
#include "bpf/vm/vm.h"

static int check_program(struct span object, struct why *w)
{
	autoprogram struct vm_program p = { 0 };
	int r = vm_load(&p, object, NULL, w);

	if (r == 0)
		r = vm_check(&p, w);
	return r == -ENOEXEC ? -EBADMSG : r;
}

/* A refusal is worth more than not to know: that is noted in @unknown. */
static int check_alternatives(const struct container *c, struct why *unknown, struct why *w)
{
	for (size_t i = 0; i < c->nr; i++) {
		struct why bad = { 0 };
		int r = check_program(c->program[i], &bad);

		if (r < 0 && c->nr > 1)
			why_prefix(&bad, "parser program %zu of %zu: ", i + 1, c->nr);
		if (r == -EOPNOTSUPP)
			why(unknown, r, "%s", bad.text);
		else if (r < 0)
			return why(w, r, "%s", bad.text);
	}
	return 0;
}

int parser_check(struct span parser, struct why *w)
{
	struct why unknown = { 0 };

	for (int depth = 0; parser.data; depth++) {
		struct container c = { .program = { parser }, .nr = 1 };
		int r = container_open(&c, parser, w);

		if (depth == LIMIT_NESTING)
			return why(w, -E2BIG, "programs for more than %d images inside each other",
				   LIMIT_NESTING);
		if (r >= 0)
			r = check_alternatives(&c, &unknown, w);
		if (r < 0) {
			for (int i = 0; i < depth; i++)
				why_prefix(w, "nested: ");
			return r == -ENOEXEC ? -EBADMSG : r;
		}
		parser = c.nested;
	}
	return unknown.err ? why(w, unknown.err, "%s", unknown.text) : 0;
}

int parser_check_program(struct span program, struct why *w)
{
	struct container c;
	int r = container_open(&c, program, w);

	if (r > 0)
		return why(w, -EBADMSG, "is a container itself, not a program");
	return r < 0 ? -EBADMSG : check_program(program, w);
}
