/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kexec HandOver (Linux 6.16 and later, FORMATS.md section 8): the running kernel
 * preserves memory for the next one and tells it where by a tree. The next kernel has
 * to start inside of scratch areas, where nothing is preserved.
 *
 * kexec_file_load(2) does all that by itself. With kexec_load(2) it is up to us, and
 * only where the kernel says where its tree is (bpf/kernel/linux-7.2, the last patch):
 * it edits that until the moment of the kexec, so that no copy will do.
 */
#ifndef KEXEC_KHO_H
#define KEXEC_KHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "kexec/ram.h"
#include "kexec/sys.h"
#include "lib/blob.h"
#include "lib/json.h"
#include "lib/why.h"

struct kho {
	struct range *scratch; /* owned; the kernel's order: low memory, anywhere, each node */
	size_t nr_scratch;     /* 0: not known */
	struct range tree;     /* physical; empty: this kernel does not say */
	bool revived;          /* the running kernel came up with what another one preserved */
};

/*
 * Reads what debugfs tells, which is nothing (all zero, and no error) where Kexec
 * HandOver is not active or debugfs not mounted; host.h has whether it is active.
 * -EBADMSG for areas or a tree that make no sense; -E2BIG, -ENOMEM, -errno of reading.
 */
int kho_read(struct kho *ret, const struct sys *sys, struct why *w);

/* Can kexec_load(2) pass on what is preserved? */
bool kho_passes(const struct kho *k);

/* The usable memory of @all inside the scratch areas. -E2BIG, -ENOMEM. */
int kho_loadable(struct ram_map *ret, const struct kho *k, const struct ram_map *all,
		 struct why *w);

/* The list of scratch areas as the next kernel reads it, one u64 pair each. -ENOMEM. */
int kho_list(struct blob *ret, const struct kho *k, struct why *w);

/*
 * Why @bytes of kernel and initrd found no place: "; Kexec HandOver is active, ..", how large
 * the scratch areas are and the boot option that would do. @k NULL or empty: not known.
 * @upwards: it was arm64's kexec_file_load(2), see there.
 */
void kho_explain(char *buf, size_t size, const struct kho *k, uint64_t bytes, bool upwards);

/* Lines for -d and --dry-run: each area, and the tree. */
void kho_dump(FILE *f, const struct kho *k);

/*
 * The member "handover": null if Kexec HandOver is not active or does not matter, by
 * @active of struct host.
 */
void kho_json(struct json *j, int active, const struct kho *k);

void kho_done(struct kho *k);
#define autokho __attribute__((cleanup(kho_done)))

#endif
