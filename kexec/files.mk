# SPDX-License-Identifier: GPL-2.0-or-later
PROGRAMS += kexec/kexec kexec/kexec-image
USER_PROGRAMS += kexec/kexec-image
MANPAGES += kexec/kexec.8 kexec/kexec-image.1

kexec_SRC += kexec/actions.c kexec/addon.c kexec/attest.c kexec/boot-image-compare.c \
	     kexec/boot-image.c kexec/chid.c kexec/core-header.c kexec/core-notes.c \
	     kexec/core-percpu.c kexec/cpio.c kexec/crash.c kexec/cross-check.c \
	     kexec/decomposer.c kexec/detached.c kexec/edid.c kexec/explain-detached.c \
	     kexec/explain-keys.c kexec/explain-segments.c kexec/explain-whole.c \
	     kexec/explain.c kexec/file-type.c kexec/host.c kexec/iomem.c kexec/kcore.c \
	     kexec/kho.c kexec/load-check.c kexec/load-classic.c kexec/load-detached.c \
	     kexec/load-file.c kexec/load-open.c kexec/load-segments.c kexec/load-uki.c \
	     kexec/load.c kexec/merge.c kexec/options-table.c kexec/options.c \
	     kexec/plan-json.c kexec/plan.c kexec/purgatory-segment.c kexec/ram.c \
	     kexec/segments.c kexec/sidecar.c kexec/stub-initrd.c kexec/sys.c \
	     kexec/uki-dtb.c

# kexec-image: a sub-command is one file image-NAME.c and a row in kexec-image.c.
kexec_SRC += kexec/authenticode.c kexec/container-build.c kexec/envelope-build.c \
	     kexec/extract.c kexec/image-add-parser.c kexec/image-check.c \
	     kexec/image-envelope.c kexec/image-exit.c kexec/image-extract.c \
	     kexec/image-inspect.c kexec/image-options.c kexec/image-parser-container.c \
	     kexec/image-sign-parser.c kexec/inspect-json.c kexec/inspect-sections.c \
	     kexec/inspect-text.c kexec/inspect.c kexec/out-file.c kexec/pe-edit.c \
	     kexec/pe-head.c kexec/pe-headers.c kexec/pe-room.c kexec/pkcs7-sign.c \
	     kexec/pkcs7.c

# A format is one file here and one row in kexec/file-type.c.
kexec_SRC += kexec/formats/arm64-image.c kexec/formats/bzImage.c \
	     kexec/formats/compressed.c kexec/formats/envelope.c \
	     kexec/formats/loongarch64-image.c kexec/formats/pe.c \
	     kexec/formats/riscv64-image.c kexec/formats/uimage.c \
	     kexec/formats/uki-sections.c kexec/formats/uki.c \
	     kexec/formats/vmlinux-segments.c kexec/formats/vmlinux-symbols.c \
	     kexec/formats/vmlinux.c kexec/formats/zboot.c

# An architecture is one folder here and one row in kexec/arch/arch.c.
kexec_SRC += kexec/arch/arch.c kexec/arch/arm64/arm64.c \
	     kexec/arch/arm64/device-tree-proc.c kexec/arch/arm64/device-tree-reserved.c \
	     kexec/arch/arm64/device-tree.c \
	     kexec/arch/arm64/kernel-map.c kexec/arch/arm64/segments.c \
	     kexec/arch/x86_64/boot-params.c kexec/arch/x86_64/efi.c \
	     kexec/arch/x86_64/facts.c kexec/arch/x86_64/kernel-map.c \
	     kexec/arch/x86_64/segments.c kexec/arch/x86_64/x86_64.c
