// SPDX-License-Identifier: GPL-2.0-only
/* Says DONE, and then that the image is broken. */
#include "tests/bpf/say.h"

INLINE int refuse(struct bpf_parser_context *host, uint64_t size)
{
	say_ref(host, KEXEC_BPF_COPY, KEXEC_BPF_KERNEL, 0, size);
	say_done(host);
	return -EBADMSG;
}

PROGRAM(refuse(host, size));
