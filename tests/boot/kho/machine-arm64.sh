# shellcheck shell=bash disable=SC2034,SC2154 # run's variables
# SPDX-License-Identifier: GPL-2.0-or-later
# The machine of tests/boot/kho/run: arm64.
row=arm64-7.2-kho
console=ttyAMA0
# The kernel's loader takes the first area with room for the kernel, and that is the highest.
scratch="kho_scratch=128M,32M,16M"
cc=aarch64-linux-gnu-gcc
: "${BUILD:=$top/build-arm64}"
need_tools="qemu-system-aarch64 aarch64-linux-gnu-gcc cpio"

prepare_machine() {
	libraries=$("$top/tests/setup/fetch" arm64) || skip "no libraries for arm64"
	zboot=${ZBOOT:-${KERNEL%/*}}/vmlinuz-gzip.efi
	[ -s "$zboot" ] || skip "no $zboot"
	gcc -O1 -o "$out/mkpe" "$top/tests/boot/kernel/mkpe.c"
}
add_machine_programs() { # ROOT
	mkdir -p "$1/lib"
	cp /usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1 "$1/lib"
	cp "$libraries/usr/bin/busybox" "$1/bin"
	cp "$KEXEC" "$1/sbin"
	needed "$1" "$KEXEC"
}
kexec_image() { "$top/tests/setup/run-arm64" "${KEXEC%/*}/kexec-image" "$@"; }

make_packed() { # FOLDER
	cp "$zboot" "$1/packed"
	echo unpacked > "$1/packed.route"
}
# With a zboot inside, which has a parser program, too.
make_uki() { # OUT KERNEL INITRD CMDLINE
	kexec_image add-parser --parser="$BUILD/bpf/progs/zboot.bpf" "$zboot" "$out/zboot" ||
		die "add-parser failed"
	"$out/mkpe" "$1" machine=0xaa64 .linux="$out/zboot" .initrd="$3" .cmdline:text="$4"
	rm "$out/zboot"
}

run_machine() { # LOG INITRD CMDLINE
	: > "$1"
	qemu-system-aarch64 -accel tcg -machine virt -cpu cortex-a72 -m "$memory" -nodefaults \
		-display none -no-reboot -serial "file:$1" -kernel "$KERNEL" -initrd "$2" \
		-append "$3" < /dev/null 2> "$1.qemu" &
	qemu_pid=$!
	STALL=120 watch "$1" "$((limit * 3))"
}
