# shellcheck shell=bash disable=SC2034,SC2154 # run's variables
# SPDX-License-Identifier: GPL-2.0-or-later
# The machine of tests/boot/kho/run: x86_64.
row=x86_64-7.2-kho
console=ttyS0
scratch="kho_scratch=32M,128M,16M"
cc=${CC:-cc}
: "${BUILD:=$top/build}"
need_tools="qemu-system-x86_64 busybox cpio"

prepare_machine() { :; }
add_machine_programs() { # ROOT
	add_program "$1" "$(command -v busybox)" /bin/busybox
	add_program "$1" "$KEXEC" /sbin/kexec
}
kexec_image() { "${KEXEC%/*}/kexec-image" "$@"; }

# The kernel, packed in another way: there is none that is not the kernel itself.
make_packed() { # FOLDER
	ln -s kernel "$1/packed"
	echo as-is > "$1/packed.route"
}
make_uki() { # OUT KERNEL INITRD CMDLINE
	"$top/tests/images/make-uki" "$1" --linux="$2" --initrd="$3" --cmdline="$4" || die "make-uki failed"
	rm -f "$1.log"
}

run_machine() { # LOG INITRD CMDLINE
	MEMORY=$memory boot bios "$1" "$limit" "$KERNEL" "$2" "$3"
}
