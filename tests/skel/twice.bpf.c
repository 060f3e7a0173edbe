// SPDX-License-Identifier: GPL-2.0-only
/*
 * A parser program of the posted form (type 2) whose command is in a map, where whoever
 * can write to maps can change it while the kernel looks at it: tests/boot/attack has
 * written the whole of it by then. Without that, an empty command: refused.
 */
#include "posted.h"

struct kexec_context {
	char *parsing_buf[16];
} __attribute__((preserve_access_index));

/* A struct by_reference, of 40 bytes. */
__u64 command[5];

SEC("fentry.s/kexec_image_parser_anchor")
int BPF_PROG(parse, struct kexec_context *context, unsigned long parser_id)
{
	struct command done = { .cmd = 1 };
	struct bpf_parser_context *host;

	host = bpf_get_parser_context(parser_id);
	if (!host)
		return 0;
	if (!bpf_buffer_parser(command, sizeof(command), host))
		bpf_buffer_parser(&done, sizeof(done), host);
	bpf_put_parser_context(host);
	return 0;
}

char _license[] SEC("license") = "GPL";
