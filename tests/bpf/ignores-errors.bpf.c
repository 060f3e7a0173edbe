// SPDX-License-Identifier: GPL-2.0-only
/* Goes on after a command that was refused, as if nothing had happened. */
#include "tests/bpf/say.h"

INLINE int go_on(struct bpf_parser_context *host, uint64_t size)
{
	say_ref(host, KEXEC_BPF_COPY, KEXEC_BPF_KERNEL, 0, size);
	say_ref(host, KEXEC_BPF_COPY, KEXEC_BPF_INITRD, size, 1);
	say_done(host);
	return 0;
}

PROGRAM(go_on(host, size));
