/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KEXEC_ARM64_SEGMENTS_H
#define KEXEC_ARM64_SEGMENTS_H

#include "kexec/load-segments.h"

/* See arch_ops: kernel, initrd, device tree and purgatory; for a crash also the elfcorehdr. */
int arm64_build_segments(struct segments_job *job, struct why *w);

#endif
