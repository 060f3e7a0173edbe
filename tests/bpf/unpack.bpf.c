// SPDX-License-Identifier: GPL-2.0-only
/* The whole image is a compressed kernel. */
#include "tests/bpf/say.h"

INLINE int unpack(struct bpf_parser_context *host, uint64_t size)
{
	int ret = say_ref(host, KEXEC_BPF_DECOMPRESS, KEXEC_BPF_KERNEL, 0, size);

	return ret ? ret : say_done(host);
}

PROGRAM(unpack(host, size));
