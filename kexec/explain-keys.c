// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys of encrypted disks for a crash kernel: kexec_file_load(2) takes each key that
 * /sys/kernel/config/crash_dm_crypt_keys names out of a keyring of the caller's, and
 * fails with whatever that search fails with.
 */
#include <errno.h>

#include "kexec/explain.h"

static bool keys_count(const struct refusal *r, const struct host *h)
{
	return r->file_load && r->crash && !r->unload && h->crypt_keys > 0;
}

const char *explain_crypt_key_shape(const struct refusal *r, const struct host *h)
{
	if (!keys_count(r, h))
		return NULL;
	return "a folder in /sys/kernel/config/crash_dm_crypt_keys whose file description was not "
	       "written, or names a key of more than 256 bytes";
}

const char *explain_crypt_keys(const struct refusal *r, const struct host *h, const char **ret_name)
{
	if (!keys_count(r, h))
		return NULL;
	switch (r->err) {
	case ENOKEY:
		*ret_name = "ENOKEY";
		return "either the running kernel does not know the key of this one's signature, or "
		       "a dm-crypt key that /sys/kernel/config/crash_dm_crypt_keys names is in no "
		       "keyring that this process can search; run kexec in the session that "
		       "put it there";
	case EKEYEXPIRED:
		*ret_name = "EKEYEXPIRED";
		return "a dm-crypt key that /sys/kernel/config/crash_dm_crypt_keys names has "
		       "expired; unlock the volume again, and load soon after that";
	case EKEYREVOKED:
		*ret_name = "EKEYREVOKED";
		return "a dm-crypt key that /sys/kernel/config/crash_dm_crypt_keys names was "
		       "revoked";
	default:
		return NULL;
	}
}
