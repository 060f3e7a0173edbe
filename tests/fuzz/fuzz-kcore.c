/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/kcore's headers: what is found agrees with them, and fits the address space. */
#include <errno.h>
#include <string.h>

#include "kexec/core-header.h"
#include "lib/cleanup.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

#define CODE UINT64_C(0x1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iomem_line lines[] = {
		{ .start = CODE, .end = 0x1e00000, .depth = 1, .name = "Kernel code" },
		{ .start = 0x3000000, .end = 0x3400000, .depth = 1, .name = "Kernel bss" },
	};
	const struct iomem iomem = { .lines = lines, .nr = ARRAY_SIZE(lines) };
	autokcore struct kcore k = { 0 };
	struct kernel_map map;
	struct why w = { 0 };

	if (kcore_parse(&k, (struct span){ data, size }, &w) < 0) {
		PROMISE(w.err && w.text[0] && !k.parts);
		return 0;
	}
	PROMISE(k.nr <= UINT16_MAX);
	if (x86_kernel_map_find(&map, &iomem, &k, &w) < 0) {
		PROMISE(w.err == -EBADMSG && w.text[0]);
		return 0;
	}
	PROMISE(map.text.start == CODE && map.text.end >= 0x3400000);
	PROMISE(map.text.end - map.text.start <= LIMIT_INIT_SIZE);
	PROMISE(map.text_va + (map.text.end - map.text.start) >= map.text_va);
	PROMISE(map.ram_va % MiB == 0 && map.ram_va < map.text_va);
	return 0;
}
