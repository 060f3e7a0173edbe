# SPDX-License-Identifier: GPL-2.0-or-later
PROGRAMS += kexec/kexec kexec/kexec-image
USER_PROGRAMS += kexec/kexec-image
MANPAGES += kexec/kexec.8 kexec/kexec-image.1

kexec_SRC += kexec/actions.c kexec/attest.c kexec/boot-image.c kexec/boot-image-compare.c \
	     kexec/cross-check.c kexec/decomposer.c kexec/explain.c kexec/explain-whole.c \
	     kexec/file-type.c kexec/host.c kexec/iomem.c \
	     kexec/load-check.c kexec/load-file.c kexec/load.c kexec/merge.c \
	     kexec/options.c kexec/options-table.c kexec/plan.c kexec/ram.c \
	     kexec/segments.c kexec/sys.c

# kexec-image: a sub-command is one file image-NAME.c and a row in kexec-image.c.
kexec_SRC += kexec/envelope-build.c kexec/image-exit.c kexec/image-add-parser.c kexec/image-check.c kexec/image-envelope.c \
	     kexec/out-file.c kexec/pe-edit.c kexec/pe-head.c kexec/pe-headers.c kexec/pe-room.c

# A format is one file here and one row in kexec/file-type.c.
kexec_SRC += kexec/formats/arm64-image.c kexec/formats/bzImage.c kexec/formats/compressed.c \
	     kexec/formats/pe.c kexec/formats/uki.c kexec/formats/vmlinux.c kexec/formats/zboot.c

# An architecture is one folder here and one row in kexec/arch/arch.c.
kexec_SRC += kexec/arch/arch.c kexec/arch/arm64/arm64.c kexec/arch/x86_64/x86_64.c
