#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Does a UKI still boot under UEFI firmware when it has got a parser program?
# OVMF in QEMU, from a disk as firmware sees them; the kernel tells what it got.
# One UKI has profiles, the other no room in its headers, so that all sections move.
# Then once more under Secure Boot, signed by sbsign with the key that Debian's
# OVMF has for tests, and as a control one that was changed after signing. TAP.
#
#     tests/boot/image/ovmf-add-parser.sh
#
#     KEXEC_IMAGE   the program under test, default $BUILD/kexec/kexec-image
#     BUILD         build tree, default ./build; logs go to $BUILD/boot-image
set -uo pipefail

top_srcdir=$(cd "$(dirname "$0")/../../.." && pwd)
BUILD=${BUILD:-$top_srcdir/build}
image=${KEXEC_IMAGE:-$BUILD/kexec/kexec-image}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kexec-tools
ovmf=/usr/share/OVMF
snakeoil=/usr/share/ovmf/PkKek-1-snakeoil
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
# shellcheck source=tests/pe.sh
. "$top_srcdir/tests/pe.sh"

out=$BUILD/boot-image
token=kxt-$$-$RANDOM
limit=240 # seconds for one boot

for tool in qemu-system-x86_64 busybox cpio sbsign openssl; do
	command -v "$tool" > /dev/null || skip_all "OVMF" "$tool is not installed"
done
[ -e $ovmf/OVMF_CODE_4M.fd ] || skip_all "OVMF" "no firmware in $ovmf"

fetched() {
	find "$cache/$1" -mindepth 1 -maxdepth 1 -type d ! -name '.*' 2> /dev/null |
		sort -V | tail -n 1
}
kernel=$(fetched kernel-6.12)
ukify=$(fetched ukify)/bin/ukify
[ -e "$kernel/vmlinuz" ] || skip_all "OVMF" "no kernel in the cache: tests/setup/fetch kernel-6.12"
[ -e "$ukify" ] || skip_all "OVMF" "no ukify in the cache: tests/setup/fetch ukify"

make_initrd() {
	local root=$out/root lib
	rm -rf "$root"
	mkdir -p "$root"/{bin,proc,sys,dev}
	install -D "$(command -v busybox)" "$root/bin/busybox"
	{ ldd "$(command -v busybox)" 2> /dev/null || true; } | { grep -o '/[^ ]*' || true; } |
		while read -r lib; do install -D "$lib" "$root$lib"; done
	head -c 3000000 /dev/urandom > "$root/ballast"
	cat > "$root/init" <<'END'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
echo "KXT cmdline $($b cat /proc/cmdline)"
echo "KXT ballast $($b sha256sum < /ballast)"
[ ! -d /sys/firmware/efi ] || echo "KXT efi"
$b poweroff -f
END
	chmod +x "$root/init"
	(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1) > "$out/initrd"
}

# facts FILE: opt, table, nr, end, headers are set
facts() {
	opt=$(($(get "$1" 0x3c) + 24))
	table=$((opt + ($(get "$1" $((opt - 4))) & 0xffff)))
	nr=$(($(get "$1" $((opt - 18))) & 0xffff))
	end=$((table + 40 * nr))
	headers=$(get "$1" $((opt + 60)))
}

# squeeze FILE: systemd's stub has headers of some pages; this leaves as many sectors as are full
squeeze() {
	local new row raw
	facts "$1"
	new=$(((end + 511) / 512 * 512))
	{ head -c $new "$1"; tail -c +$((headers + 1)) "$1"; } > "$1.new"
	put "$1.new" $((opt + 60)) $new
	for ((row = table; row < end; row += 40)); do
		raw=$(get "$1" $((row + 20)))
		[ "$raw" = 0 ] || put "$1.new" $((row + 20)) $((raw - headers + new))
	done
	mv "$1.new" "$1"
}

make_images() {
	local args=(--linux="$kernel/vmlinuz" --initrd="$out/initrd"
		--cmdline="console=ttyS0 $token")
	printf '\177ELFnot really' > "$out/parser"
	"$ukify" build --profile=ID=one --cmdline="console=ttyS0 wrong" --output="$out/addon" &&
		"$ukify" build "${args[@]}" --profile=ID=zero --join-profile="$out/addon" \
			--output="$out/profiles.efi" || return
	while :; do
		"$ukify" build "${args[@]}" --output="$out/full.efi" || return
		facts "$out/full.efi"
		[ $((end % 512)) -le $((512 - 40)) ] && [ $((end % 512)) != 0 ] || break
		args+=(--section=".x$nr:x")
	done
	squeeze "$out/full.efi"
}

grew() {
	local before
	facts "$1"
	before=$headers
	facts "$2"
	[ "$headers" -gt "$before" ]
}

# boots NAME CODE VARS QEMU-ARGUMENT...: the UKI $out/NAME.efi, log in $out/NAME.txt;
# ends when the machine is off, or the firmware has nothing left to boot
boots() {
	local name=$1 code=$2 vars=$3 pid
	shift 3
	rm -rf "$out/esp"
	mkdir -p "$out/esp/EFI/BOOT"
	cp "$out/$name.efi" "$out/esp/EFI/BOOT/BOOTX64.EFI"
	cp "$ovmf/$vars" "$out/vars.fd"
	# Without cmpxchg16b: the one that QEMU 7.2 emulates leaves bad flags behind.
	: > "$out/$name.log"
	timeout $limit qemu-system-x86_64 -accel tcg -cpu max,-cx16 -m 1024 -nodefaults \
		-display none -no-reboot -serial "file:$out/$name.log" \
		-drive if=pflash,unit=0,format=raw,readonly=on,file="$ovmf/$code" \
		-drive if=pflash,unit=1,format=raw,file="$out/vars.fd" \
		-drive if=none,id=esp,format=raw,readonly=on,file=fat:"$out/esp" \
		-device virtio-blk-pci,drive=esp,bootindex=0 "$@" < /dev/null > "$out/$name.qemu" 2>&1 &
	pid=$!
	while kill -0 $pid 2> /dev/null; do
		sleep 0.5
		! grep -q 'No bootable option' "$out/$name.log" || kill $pid 2> /dev/null
	done
	wait $pid
	tr -d '\r' < "$out/$name.log" > "$out/$name.txt"
}

told() { sed -n "s/^.*KXT $2 //p" "$out/$1.txt" | head -n 1; }

# booted NAME: with everything that belongs to it
booted() {
	is "$1: boots, with its command line" "$(told "$1" cmdline)" "console=ttyS0 $token"
	is "$1: .. with its initrd" "$(told "$1" ballast)" "$ballast"
	check "$1: .. by UEFI" grep -q 'KXT efi' "$out/$1.txt"
}

mkdir -p "$out"
make_initrd
ballast=$(sha256sum < "$out/root/ballast")
check "ukify makes the images" make_images

for name in full profiles; do
	check "$name: add-parser" "$image" add-parser --parser="$out/parser" \
		"$out/$name.efi" "$out/$name-bpf.efi"
	boots $name-bpf OVMF_CODE_4M.fd OVMF_VARS_4M.fd -machine q35
	booted $name-bpf
done

check "full: the headers grew" grew "$out/full.efi" "$out/full-bpf.efi"

# The image under Secure Boot is the one whose sections moved.
secure=(-machine "q35,smm=on" -global "driver=cfi.pflash01,property=secure,value=on")
if [ -e "$snakeoil.key" ] && [ -e $ovmf/OVMF_VARS_4M.snakeoil.fd ]; then
	openssl rsa -in $snakeoil.key -passin pass:snakeoil -out "$out/key" 2> /dev/null
	check "sbsign" sbsign --key "$out/key" --cert $snakeoil.pem \
		--output "$out/signed.efi" "$out/full-bpf.efi"
	boots signed OVMF_CODE_4M.secboot.fd OVMF_VARS_4M.snakeoil.fd "${secure[@]}"
	booted signed
	check "signed: under Secure Boot" grep -qi 'secure boot enabled' "$out/signed.txt"

	# One byte of the parser program: firmware must see that it is not what was signed.
	sed 's/not really/Not really/' "$out/signed.efi" > "$out/tampered.efi"
	check "tampered: differs in one byte" \
		test "$(cmp -l "$out/signed.efi" "$out/tampered.efi" | wc -l)" -eq 1
	boots tampered OVMF_CODE_4M.secboot.fd OVMF_VARS_4M.snakeoil.fd "${secure[@]}"
	check "tampered: refused by the firmware" grep -q 'Misc Device.*Access Denied' \
		"$out/tampered.txt"
	is "tampered: does not boot" "$(grep -c 'KXT' "$out/tampered.txt")" 0
else
	skip "Secure Boot" "this OVMF comes without test keys"
fi
tap_done
