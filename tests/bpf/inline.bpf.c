// SPDX-License-Identifier: GPL-2.0-only
/* The image is the kernel; command line and initrd are the program's own bytes. */
#include "tests/bpf/say.h"

struct say_inline {
	struct kexec_bpf_cmd_hdr hdr;
	char text[6];
} __attribute__((packed));

INLINE int all(struct bpf_parser_context *host, uint64_t size)
{
	struct say_inline cmdline = {
		.hdr = { .cmd = KEXEC_BPF_COPY, .subcmd = KEXEC_BPF_CMDLINE, .payload_len = 6 },
		.text = { 'q', 'u', 'i', 'e', 't', '\n' },
	};
	struct say_inline initrd = {
		.hdr = { .cmd = KEXEC_BPF_COPY, .subcmd = KEXEC_BPF_INITRD, .payload_len = 6 },
		.text = { 'i', 'n', 'i', 't', 'r', 'd' },
	};
	int ret = say_ref(host, KEXEC_BPF_COPY, KEXEC_BPF_KERNEL, 0, size);

	ret = ret ? ret : bpf_buffer_parser(&cmdline, sizeof(cmdline), host);
	ret = ret ? ret : bpf_buffer_parser(&initrd, sizeof(initrd), host);
	ret = ret ? ret : bpf_buffer_parser(&initrd, sizeof(initrd), host);
	return ret ? ret : say_done(host);
}

PROGRAM(all(host, size));
