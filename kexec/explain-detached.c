// SPDX-License-Identifier: GPL-2.0-or-later
/* What is different where the parser that a kernel is to use is a file of its own. */
#include <errno.h>

#include "kexec/explain.h"
#include "lib/cleanup.h"

static const struct {
	int err;
	const char *name, *text;
} meanings[] = {
	{ ENOEXEC, "ENOEXEC",
	  "the parser, or a program in it, is of a form that this kernel does not accept, or it "
	  "takes no kernel of the kind that is in the image; kexec-image check tells more" },
	{ EBADMSG, "EBADMSG",
	  "the image, the parser or the signature of either is malformed; kexec-image check tells "
	  "more" },
	{ ENOMSG, "ENOMSG", "none of the programs in the parser knows such images" },
	{ EPROTO, "EPROTO", "the parser does something else than this kernel expects of one" },
	{ EBUSY, "EBUSY",
	  "the parser names a part twice, or another kexec is at work at this moment; try again" },
	{ E2BIG, "E2BIG",
	  "the image has more sections or initrds, or a longer command line, than this kernel "
	  "takes, or the parser is too large" },
	{ EEXIST, "EEXIST",
	  "this kernel enforces signatures, and the signed image brings its own initrd or command "
	  "line: leave out --initrd and --command-line" },
	{ ENODATA, "ENODATA",
	  "this machine demands signatures, and the parser or the image has none: kexec-image "
	  "sign-parser signs the one, sbsign the other" },
	{ ENOKEY, "ENOKEY",
	  "this machine demands signatures, and does not know the key of the parser's or of the "
	  "image's" },
	{ EKEYREJECTED, "EKEYREJECTED",
	  "this machine demands signatures, and the parser's or the image's was rejected: either "
	  "was changed after signing, or its key is revoked" },
	{ ELIBBAD, "ELIBBAD",
	  "this machine demands signatures, and the image, or the kernel in its envelope, is no EFI "
	  "program that could have one, or a malformed one" },
	{ ENOPKG, "ENOPKG",
	  "the signature of the parser or of the image uses a hash or cipher that the running "
	  "kernel lacks" },
	{ EIO, "EIO",
	  "the parser is good, and could not be loaded all the same; see dmesg, and sysctl "
	  "net.core.bpf_jit_enable, which must not be 0" },
};

const char *explain_detached(int err, const char **ret_name)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		if (meanings[i].err == err) {
			*ret_name = meanings[i].name;
			return meanings[i].text;
		}
	}
	return NULL;
}
