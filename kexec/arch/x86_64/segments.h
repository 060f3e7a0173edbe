/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KEXEC_X86_64_SEGMENTS_H
#define KEXEC_X86_64_SEGMENTS_H

#include "kexec/load-segments.h"

/* See arch_ops: kernel, initrd, setup and purgatory; for a crash also the elfcorehdr. */
int x86_64_build_segments(struct segments_job *job, struct why *w);

#endif
