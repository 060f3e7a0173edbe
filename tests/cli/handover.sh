#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Kexec HandOver on a recorded machine, to which the files are added that such a kernel has
# in debugfs: what is told, what is refused, where everything goes. tests/boot/kho has the
# real thing.
set -u
: "${KEXEC:?}" "${top_srcdir:?}" "${builddir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
# shellcheck source=tests/harness/lib.sh
. "$top_srcdir/tests/harness/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "Kexec HandOver" "the images are for x86_64"
harness_works || skip_all "Kexec HandOver" "seccomp's user notification does not work here"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

copy_of_machine bios-8g "$dir/machine"
root=$dir/machine
out=$root/sys/kernel/debug/kho/out
echo 7.2.13 > "$root/proc/sys/kernel/osrelease"
make_bzImage "$dir/bzImage"
random_bytes 5000 3 > "$dir/initrd"

kexec() {
	"$harness" --root="$root" --record="$dir/record" ${answer:+"--answer=$answer"} -- \
		"$KEXEC" "$@" > "$dir/out" 2>&1
}
answer=
# What was said: folders differ from run to run.
said() { sed "s#$dir/##g" "$dir/out"; }
calls() { grep -c '^kexec_' "$dir/record"; }
has() { check "$1" grep -- "$2" "$dir/out"; }

#
# Nothing tells; the kernel's build, debugfs or the command line says yes or no.
#

echo quiet > "$root/proc/cmdline"
: > "$root/proc/self/mounts"
kexec -c -l "$dir/bzImage"
is "cannot tell: kexec_load is refused" "$? $(calls)" "1 0"
has "..and why" 'whether Kexec HandOver is active cannot be told.*-s can, --discard-handover'
kexec -s -l "$dir/bzImage"
is "..kexec_file_load is not" "$? $(calls)" "0 1"
kexec --status -d
has "..and --status -d says so" '^handover: cannot tell, taken as active'
kexec --dry-run -s -l "$dir/bzImage"
has "..as does --dry-run" '^handover: cannot tell, taken as active; the kernel hands on'
# btf LENGTH NAMES: BTF, of which nothing but names is read; a comma is the NUL between them
btf() {
	mkdir -p "$root/sys/kernel/btf"
	{
		printf '\237\353\1\0\30\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
		# shellcheck disable=SC2059 # octal
		printf "$1\0\0\0"
		printf %s "$2" | tr , '\0'
	} > "$root/sys/kernel/btf/vmlinux"
}
btf '\27' ",kexec_load,kho_is_enab,"
kexec -c -l "$dir/bzImage"
is "a kernel built without it: kexec_load loads" "$? $(calls)" "0 1"
echo kho=on > "$root/proc/cmdline"
kexec -c -l "$dir/bzImage"
is "..whatever the command line says" "$? $(calls)" "0 1"
btf '\20' ",kho_is_enabled,"
kexec -c -l "$dir/bzImage"
is "a kernel built with it, and kho=on: kexec_load is refused" "$? $(calls)" "1 0"
has "..and why" 'Kexec HandOver is active, and with this kernel kexec_load cannot'
echo quiet > "$root/proc/cmdline"
btf '\377' ",kexec_load,"
kexec -c -l "$dir/bzImage"
is "BTF that ends too early: cannot tell" "$? $(calls)" "1 0"
btf '\0' ",kexec_load,"
kexec -c -l "$dir/bzImage"
is "..or has no names" "$? $(calls)" "1 0"
btf '\20' ",kho_is_enabled,"
kexec -c -l "$dir/bzImage"
is "a kernel built with it: cannot tell" "$? $(calls)" "1 0"
echo 'debugfs /sys/kernel/debug debugfs rw 0 0' > "$root/proc/self/mounts"
kexec -c -l "$dir/bzImage"
is "debugfs without it: kexec_load loads" "$? $(calls)" "0 1"
kexec --status
is "..and --status is silent" "$? $(said)" "0 "

#
# A stock kernel where it is active
#

mkdir -p "$out/sub_fdts"
printf '0x7c000000\n0x1c0000000\n0x1b0000000\n' > "$out/scratch_phys"
printf '0x2000000\n0x6000000\n0x1000000\n' > "$out/scratch_len"
echo 'kho=on' > "$root/proc/cmdline"
kexec -c -l "$dir/bzImage"
is "active: kexec_load is refused" "$? $(calls)" "1 0"
has "..and why" 'with this kernel kexec_load cannot pass on what it preserves'
answer=kexec_file_load=ENOEXEC
kexec -l "$dir/bzImage"
is "..and -a does not go on to it" "$? $(calls)" "255 1"
answer=
kexec -c -l --discard-handover "$dir/bzImage"
is "..unless told to" "$? $(calls)" "0 1"
kexec --status
is "--status" "$? $(said)" "0 handover: active
handover by kexec_load: not possible, this kernel does not say how
scratch area: 0x7c000000 to 0x7dffffff, 32768 KiB
scratch area: 0x1c0000000 to 0x1c5ffffff, 98304 KiB
scratch area: 0x1b0000000 to 0x1b0ffffff, 16384 KiB"
answer=kexec_file_load=EADDRNOTAVAIL
kexec -s -l "$dir/bzImage" --initrd="$dir/initrd"
is "no room for kexec_file_load" "$? $(calls)" "255 1"
has "..is explained" 'kernel (64 MiB) or initrd (4.9 KiB) in one piece; Kexec HandOver is active, so they must fit into its 3 scratch areas, of which the largest has 96 MiB; boot with kho_scratch=32M,165M,16M$'
answer=

# What cannot be understood is no reason to say that this kernel is not able to.
mv "$out/scratch_len" "$dir/scratch_len"
kexec --status
is "a list without lengths: --status says so" "$? $(said | head -n 1)" \
	"0 kexec: warning: Kexec HandOver: cannot read /sys/kernel/debug/kho/out/scratch_len: No such file or directory"
mv "$dir/scratch_len" "$out/scratch_len"

#
# A kernel that says where its tree is
#

printf '0x0000000123450000\n' > "$out/fdt_phys"
printf '0x0000000000001000\n' > "$out/fdt_len"
kexec --dry-run -c -l "$dir/bzImage" --initrd="$dir/initrd" --command-line=quiet
# Purgatory's size is the compiler's affair, and so is where it begins.
is "--dry-run" "$? $(said | sed '1,/^cmdline/d; s/purgatory, .*/purgatory/; /^entry/d')" "0 $(cat << 'END'
segment: kernel, 0x1c0000000 to 0x1c3ffffff, 2000000 bytes loaded, verified
segment: initrd, 0x1c5ffe000 to 0x1c5ffffff, 5000 bytes loaded, verified
segment: scratch areas, 0x1c5fe0000 to 0x1c5feffff, 48 bytes loaded, verified
segment: setup, 0x1c5ffc000 to 0x1c5ffdfff, 4198 bytes loaded, verified
segment: purgatory
flags: 0x3e0000
handover: active; kexec_load hands on what the kernel preserves
scratch area: 0x7c000000 to 0x7dffffff, 32768 KiB
scratch area: 0x1c0000000 to 0x1c5ffffff, 98304 KiB
scratch area: 0x1b0000000 to 0x1b0ffffff, 16384 KiB
handover tree: 0x123450000 to 0x123450fff
route: segments
END
)"
if command -v python3 > /dev/null; then
	kexec --status --json
	is "--status --json" "$(python3 -c 'import json, sys
j = json.load(sys.stdin)["handover"]
print(j["active"], j["by_kexec_load"], j["revived"], [hex(s["size"]) for s in j["scratch"]])' < "$dir/out")" \
		"True True False ['0x2000000', '0x6000000', '0x1000000']"
	kexec --dry-run --json -s -l "$dir/bzImage"
	is "--dry-run --json" "$(python3 -c 'import json, sys
j = json.load(sys.stdin)["load"]["handover"]
print(j["active"], hex(j["scratch"][1]["address"]))' < "$dir/out")" "True 0x1c0000000"
else
	skip "--json" "no python3"
fi
kexec -c -l "$dir/bzImage" --initrd="$dir/initrd" --command-line=quiet
is "kexec_load loads" "$? $(calls) $(said)" "0 1 "
le64() { # NUMBER
	for byte in 0 1 2 3 4 5 6 7; do
		# shellcheck disable=SC2059 # escapes
		printf "\\$(printf %o $(($1 >> 8 * byte & 255)))"
	done
}
for number in 0x7c000000 0x2000000 0x1c0000000 0x6000000 0x1b0000000 0x1000000; do
	le64 $number
done > "$dir/list"
is "the list of scratch areas is what the kernel reads" \
	"$(sed -n 's/^segment 2 .* sha256=//p' "$dir/record")" "$(sha256sum < "$dir/list" | cut -d ' ' -f 1)"
# inside ADDRESS BYTES
inside() {
	while read -r from len; do
		[ $(($1)) -lt $((from)) ] || [ $(($1 + $2)) -gt $((from + len)) ] || return 0
	done << END
0x7c000000 0x2000000
0x1c0000000 0x6000000
0x1b0000000 0x1000000
END
	return 1
}
outside=
for segment in $(sed -n 's/^segment [0-9]* mem=\([^ ]*\) memsz=\([^ ]*\) .*/\1,\2/p' "$dir/record"); do
	inside "${segment%,*}" "${segment#*,}" || outside="$outside $segment"
done
is "all five segments are inside the scratch areas" \
	"$(grep -c '^segment ' "$dir/record")$outside" 5
answer=kexec_file_load=ENOEXEC
kexec -l "$dir/bzImage"
is "-a goes on to it" "$? $(calls)" "0 2"
answer=
head -c 40000000 /dev/zero > "$dir/large"
kexec -c -l "$dir/bzImage" --initrd="$dir/large"
is "too large" "$? $(calls)" "255 0"
has "..is explained" 'initrd: Could not find .* the largest has 96 MiB; boot with kho_scratch=32M,203M,16M$'
kexec -c -l --discard-handover "$dir/bzImage" --initrd="$dir/large"
is "..and fits where nothing has to stay" "$? $(calls)" "0 1"
tap_done
