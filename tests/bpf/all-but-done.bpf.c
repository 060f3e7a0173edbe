// SPDX-License-Identifier: GPL-2.0-only
/* Names every part there is, but never says DONE and returns 0: does not recognise the image. */
#include "tests/bpf/say.h"

PROGRAM((say_ref(host, KEXEC_BPF_COPY, KEXEC_BPF_KERNEL, 0, size),
	 say_ref(host, KEXEC_BPF_COPY, KEXEC_BPF_INITRD, 1, 8),
	 say_ref(host, KEXEC_BPF_COPY, KEXEC_BPF_CMDLINE, 0x40, 2)));
