// SPDX-License-Identifier: GPL-2.0-or-later
/* The errors of a kernel that takes images apart; kernel/kexec_bpf.h of our series. */
#include <errno.h>

#include "kexec/explain.h"
#include "lib/cleanup.h"

static const struct {
	int err;
	const char *name, *text;
} meanings[] = {
	{ ENOEXEC, "ENOEXEC",
	  "the parser program in the image is of a form that this kernel does not accept, or does "
	  "not recognise the image; kexec-image check tells more" },
	{ EBADMSG, "EBADMSG",
	  "the image, its parser program or its signature is malformed; kexec-image check tells "
	  "more" },
	{ ENOMSG, "ENOMSG", "the parser program in the image does not know such images" },
	{ EPROTO, "EPROTO",
	  "the parser program in the image does something else than this kernel expects of one" },
	{ EBUSY, "EBUSY",
	  "the parser program in the image names a part twice, or another kexec is at work at this "
	  "moment; try again" },
	{ E2BIG, "E2BIG",
	  "the image has more sections or initrds, or a longer command line, than this kernel "
	  "takes" },
	{ EFBIG, "EFBIG",
	  "the image, or a kernel unpacked from it, is larger than this kernel takes" },
	{ ELOOP, "ELOOP", "there are more images inside each other than this kernel opens" },
	{ EEXIST, "EEXIST",
	  "this kernel enforces signatures, and the signed image brings its own initrd or command "
	  "line: leave out --initrd and --command-line" },
	{ EOPNOTSUPP, "EOPNOTSUPP",
	  "the image needs a command or a compression that this kernel does not have" },
	{ EIO, "EIO",
	  "the parser program is good, and could not be loaded all the same; see dmesg, and "
	  "sysctl net.core.bpf_jit_enable, which must not be 0" },
};

const char *explain_whole(const struct refusal *r, const char **ret_name)
{
	const char *text = r->detached ? explain_detached(r->err, ret_name) : NULL;

	for (size_t i = 0; !text && i < ARRAY_SIZE(meanings); i++) {
		if (meanings[i].err == r->err) {
			*ret_name = meanings[i].name;
			return meanings[i].text;
		}
	}
	return text;
}
