// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From argv to struct kexec_options. Not getopt_long(3), because that prints,
 * keeps its state in globals, and would let our own options spoil abbreviations
 * that are unique in kexec-tools; a test compares the two.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/arch/arch.h"
#include "kexec/options-table.h"
#include "kexec/options.h"
#include "lib/cleanup.h"

/*
 * Which option is meant
 */

static bool row_applies(const struct option_row *row, const struct arch_ops *arch)
{
	return !row->arch || row->arch == arch;
}

/* Two names of one option: it does not matter which of them was meant. */
static bool rows_alias(const struct option_row *a, const struct option_row *b)
{
	return a->effect != OPT_NONE && a->effect == b->effect && a->field == b->field &&
	       a->value == b->value && !a->arg == !b->arg;
}

static bool row_begins(const struct option_row *row, const char *word, size_t len)
{
	return !row->in_full && strncmp(row->name, word, len) == 0;
}

static int ambiguous(const struct option_row *rows, const struct arch_ops *arch, const char *word,
		     size_t len, struct why *w)
{
	char names[WHY_SIZE] = "";
	size_t used = 0;

	for (const struct option_row *row = rows; row->name; row++) {
		if (!row_applies(row, arch) || !row_begins(row, word, len))
			continue;
		if (used + strlen(row->name) + sizeof(" '--'") > sizeof(names))
			break;
		used += sprintf(names + used, " '--%s'", row->name);
	}
	return why(w, -EINVAL, "option '--%s' is ambiguous; possibilities:%s", word, names);
}

int option_find(const struct option_row **ret, const struct option_row *rows,
		const struct arch_ops *arch, const char *word, size_t len, struct why *w)
{
	const struct option_row *found = NULL;
	bool several = false;

	for (const struct option_row *row = rows; row->name; row++) {
		if (!row_applies(row, arch))
			continue;
		if (strlen(row->name) == len && memcmp(row->name, word, len) == 0) {
			*ret = row;
			return 0;
		}
		if (!row_begins(row, word, len))
			continue;
		if (!found)
			found = row;
		else if (!rows_alias(found, row))
			several = true;
	}
	if (several)
		return ambiguous(rows, arch, word, len, w);
	if (!found)
		return why(w, -EINVAL, "unrecognized option '--%s'", word);
	*ret = found;
	return 0;
}

/*
 * Walking through argv
 */

static int scan_long(struct option_scan *s, const char *word, const struct option_row **ret_row,
		     const char **ret_arg, struct why *w)
{
	size_t len = strcspn(word, "=");
	const char *arg = word[len] ? word + len + 1 : NULL;
	const struct option_row *row;
	int r;

	r = option_find(&row, s->rows, s->arch, word, len, w);
	if (r)
		return r;
	if (arg && !row->arg)
		return why(w, -EINVAL, "option '--%s' doesn't allow an argument", row->name);
	if (!arg && row->arg) {
		if (s->next >= s->argc)
			return why(w, -EINVAL, "option '--%s' requires an argument", row->name);
		arg = s->argv[s->next++];
	}
	*ret_row = row;
	*ret_arg = arg;
	return OPTION_ROW;
}

static int scan_letter(struct option_scan *s, const struct option_row **ret_row,
		       const char **ret_arg, struct why *w)
{
	char letter = *s->letters++;
	const struct option_row *row;
	const char *arg = NULL;

	for (row = s->rows; row->name; row++)
		if (row->letter == letter && row_applies(row, s->arch))
			break;
	if (!row->name)
		return why(w, -EINVAL, "invalid option -- '%c'", letter);
	if (row->arg) {
		/* The rest of the word is its argument, else the next word. */
		arg = s->letters;
		if (!*arg && s->next >= s->argc)
			return why(w, -EINVAL, "option requires an argument -- '%c'", letter);
		if (!*arg)
			arg = s->argv[s->next++];
		s->letters = NULL;
	}
	*ret_row = row;
	*ret_arg = arg;
	return OPTION_ROW;
}

int option_scan_next(struct option_scan *s, const struct option_row **ret_row,
		     const char **ret_arg, struct why *w)
{
	while (!s->letters || !*s->letters) {
		const char *word;

		/* Word 0 is the program. */
		if (s->next == 0)
			s->next = 1;
		if (s->next >= s->argc)
			return OPTION_END;
		word = s->argv[s->next++];
		if (s->only_operands || word[0] != '-' || !word[1]) {
			*ret_arg = word;
			return OPTION_OPERAND;
		}
		if (word[1] != '-')
			s->letters = word + 1;
		else if (word[2])
			return scan_long(s, word + 2, ret_row, ret_arg, w);
		else
			s->only_operands = true;
	}
	return scan_letter(s, ret_row, ret_arg, w);
}

/*
 * What an option does
 */

/* Every action says anew whether to load, start and shut down; unloading comes on top. */
static void set_action(struct kexec_options *o, bool load, bool exec)
{
	o->load = load;
	o->exec = exec;
	o->shutdown = false;
	o->force = load && exec;
}

static int parse_address(uint64_t *ret, const struct option_row *row, const char *arg,
			 struct why *w)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(arg, &end, 0);
	if (errno || end == arg || *end)
		return why(w, -EINVAL, "Bad option value in --%s=%s", row->name, arg);
	*ret = value;
	return 0;
}

static int add_argument(const char **list, size_t *nr, size_t max, const struct option_row *row,
			const char *arg, struct why *w)
{
	if (*nr == max)
		return why(w, -E2BIG, "--%s is given more than %zu times", row->name, max);
	list[(*nr)++] = arg;
	return 0;
}

static int set_type(struct kexec_options *o, const char *arg, struct why *w)
{
	if (strcmp(arg, "beoboot-x86") == 0 || strcmp(arg, "nbi-x86") == 0)
		return why(w, -EOPNOTSUPP,
			   "--type=%s is refused: network boot images that start in real mode "
			   "went out of use with the BIOS", arg);
	o->type = arg;
	return 0;
}

static int set_cross_check(struct kexec_options *o, const char *arg, struct why *w)
{
	static const struct {
		const char *name;
		enum cross_check_mode value;
	} modes[] = {
		{ "on", CROSS_CHECK_ON },
		{ "off", CROSS_CHECK_OFF },
		{ "require", CROSS_CHECK_REQUIRE },
		{ "attest", CROSS_CHECK_ATTEST },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strcmp(arg, modes[i].name) == 0) {
			o->cross_check = modes[i].value;
			return 0;
		}
	}
	return why(w, -EINVAL, "Bad option value in --cross-check=%s: on, off, require or attest",
		   arg);
}

static int set_parser(struct kexec_options *o, const char *arg, struct why *w)
{
	if (!*arg)
		return why(w, -EINVAL, "Bad option value in --parser=");
	o->parser = arg;
	return 0;
}

static int apply_value(struct kexec_options *o, const struct option_row *row, const char *arg,
		       struct why *w)
{
	switch (row->effect) {
	case OPT_TYPE:
		return set_type(o, arg, w);
	case OPT_PARSER:
		return set_parser(o, arg, w);
	case OPT_CROSS_CHECK:
		return set_cross_check(o, arg, w);
	case OPT_INITRD:
		return add_argument(o->initrds, &o->nr_initrds, LIMIT_INITRDS, row, arg, w);
	case OPT_MODULE:
		return add_argument(o->modules, &o->nr_modules, LIMIT_INITRDS, row, arg, w);
	case OPT_ADDON:
		return add_argument(o->addons, &o->nr_addons, LIMIT_ADDONS, row, arg, w);
	case OPT_MEM_MIN:
		o->mem_given = true;
		return parse_address(&o->mem_min, row, arg, w);
	case OPT_MEM_MAX:
		o->mem_given = true;
		return parse_address(&o->mem_max, row, arg, w);
	case OPT_SYSCALL:
		o->syscall = (enum kexec_syscall)row->value;
		return 0;
	case OPT_CORE_HEADERS:
		o->core_headers = (enum core_headers)row->value;
		return 0;
	case OPT_ELF_ARGS:
		o->elf_args = (enum elf_args)row->value;
		return 0;
	default:
		return why(w, -EOPNOTSUPP, "--%s is refused: %s", row->name, row->help);
	}
}

static int apply(struct kexec_options *o, bool *load_named, const struct option_row *row,
		 const char *arg, struct why *w)
{
	switch (row->effect) {
	case OPT_FLAG:
		*(bool *)((char *)o + row->field) = true;
		return 0;
	case OPT_STRING:
		*(const char **)((char *)o + row->field) = arg;
		return 0;
	case OPT_LOAD:
		*load_named = true;
		set_action(o, true, false);
		return 0;
	case OPT_LOAD_PANIC:
		o->crash = true;
		set_action(o, true, false);
		return 0;
	case OPT_UNLOAD:
		o->unload = true;
		set_action(o, false, o->exec);
		return 0;
	case OPT_EXEC:
		set_action(o, false, true);
		return 0;
	case OPT_FORCE:
		set_action(o, true, true);
		return 0;
	default:
		return apply_value(o, row, arg, w);
	}
}

static void settle(struct kexec_options *o, bool load_named)
{
	o->status_reboot = o->status && load_named && !o->crash;

	/* "-u -p" means what "-p -u" does, unless it names a kernel to load after that. */
	if (o->unload && o->crash && !o->exec && !o->kernel)
		o->load = false;

	if (o->help || o->version || o->print_ckr_size || o->status) {
		set_action(o, false, false);
		o->unload = false;
	}
}

int kexec_options_parse(struct kexec_options *ret, int argc, char **argv,
			const struct arch_ops *arch, struct why *w)
{
	struct option_scan scan = {
		.rows = option_rows, .arch = arch, .argc = argc, .argv = argv
	};
	struct kexec_options o = { .load = true, .shutdown = true, .mem_max = UINT64_MAX };
	bool load_named = false;

	/* Like kexec-tools, do these at once: what follows need not even be right. */
	while (!o.help && !o.version && !o.print_ckr_size) {
		const struct option_row *row;
		const char *arg;
		int r;

		r = option_scan_next(&scan, &row, &arg, w);
		if (r < 0)
			return r;
		if (r == OPTION_END)
			break;
		if (r == OPTION_OPERAND) {
			if (!o.kernel)
				o.kernel = arg;
			else if (!o.ignored)
				o.ignored = arg;
			continue;
		}
		r = apply(&o, &load_named, row, arg, w);
		if (r)
			return r;
	}
	settle(&o, load_named);
	if (o.json && !o.dry_run && !o.status)
		return why(w, -EINVAL, "--json goes with --dry-run or --status");
	*ret = o;
	return 0;
}
