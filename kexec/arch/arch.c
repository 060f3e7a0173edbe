// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "kexec/arch/arch.h"
#include "kexec/file-type.h"
#include "lib/cleanup.h"

static const struct arch_ops *const arches[] = { &arch_x86_64, &arch_arm64 };

const struct arch_ops *arch_row(unsigned int i)
{
	return i < ARRAY_SIZE(arches) ? arches[i] : NULL;
}

const struct arch_ops *arch_by_uname(const char *machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		if (strcmp(arches[i]->uname, machine) == 0)
			return arches[i];
	return NULL;
}

bool arch_file_loads(const struct arch_ops *arch, const struct file_type *type)
{
	for (const char *const *name = arch->file_load_types; *name; name++)
		if (strcmp(*name, type->name) == 0)
			return true;
	return false;
}
