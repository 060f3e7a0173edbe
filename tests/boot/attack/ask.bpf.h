/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks for the parser's handle; who gets it adds the decoy as an initrd. */
struct shared shared;

static __always_inline void ask(__u64 id)
{
	struct bpf_parser_context *host;

	__sync_fetch_and_add(&shared.asked, 1);
	host = bpf_get_parser_context(id);
	if (!host)
		return;
	__sync_fetch_and_add(&shared.got, 1);
	if (!refer(host, KEXEC_BPF_INITRD, DECOY_OFF, DECOY_LEN))
		__sync_fetch_and_add(&shared.named, 1);
	bpf_put_parser_context(host);
}
