#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec-image extract: sections as objcopy dumps them, parts as they went in, and
# nothing anywhere but in the folder that was asked for.
set -u
: "${KEXEC:?}" "${top_srcdir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
# shellcheck source=tests/pe.sh
. "$top_srcdir/tests/pe.sh"

tool=${KEXEC_IMAGE:-$(dirname "$KEXEC")/kexec-image}
top_srcdir=$(cd "$top_srcdir" && pwd)
corpus=$top_srcdir/tests/fuzz/corpus
manual=$top_srcdir/kexec/kexec-image.1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kexec-tools
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
umask 022

# exits CODE ARGUMENT...: leaves stdout and stderr
exits() {
	want=$1
	shift
	"$tool" extract "$@" > stdout 2> stderr
	got=$?
	[ $got = "$want" ] || { echo "exit $got instead of $want"; cat stderr; return 1; }
}
says() { grep -qF -- "$1" stderr || { cat stderr; return 1; }; }
fresh() { rm -rf to && mkdir to; }
nothing() { [ -z "$(ls -A to)" ] || { ls -A to; return 1; }; }
# what every section of IMAGE should be, in want/, in the way that PE files are read
dump() {
	rm -rf want
	mkdir want
	for name in $(pe_names "$1"); do
		objcopy --dump-section "$name=want/section$name" "$1" dumped || return 1
		[ -s "want/section$name" ] || rm "want/section$name"
	done
}

# The command line
check "no file: exit 1" exits 1
check "an unknown option: exit 1" exits 1 --frobnicate "$corpus/image/uki"
check "no such file: exit 2" exits 2 missing
check "--help: exit 0" exits 0 --help
undocumented=
for option in $(sed -nE 's/^  (-C, )?--([a-z-]+).*/\2/p' stdout); do
	sed -n '/^\.Ss kexec-image extract/,/^\.Ss kexec-image envelope/p' "$manual" |
		grep -qE "^\.It (Fl C Ar DIR , )?Fl -$option\b" || undocumented="$undocumented $option"
done
is "every option of --help is in the manual page" "$undocumented" ""

# A small UKI: sections, parts
cp "$corpus/image/uki" uki
fresh
check "a UKI: exit 0" exits 0 -C to uki
is "a UKI: the files" "$(cd to && echo *)" \
	"cmdline initrd kernel section.cmdline section.initrd section.linux section.ucode"
is "a UKI: each is listed with its size" "$(sort stdout)" \
	"$(cd to && stat -c '%n: %s bytes' -- * | sort)"
head -c $((0x800 + 2048)) uki | tail -c 2048 > linux
check "a UKI: .linux is what the file has of it" cmp to/section.linux linux
check "a UKI: the kernel ends where its certificates do" sh -c 'head -c 1864 linux | cmp - to/kernel'
is "a UKI: the command line has no new line" "$(od -A n -c to/cmdline | tr -d ' \n')" \
	"root=/dev/vdaquiet"
printf 'ucode\0\0\0initrd!' > initrd
check "a UKI: the initrds are joined" cmp initrd to/initrd
is "a UKI: permissions by umask" "$(stat -c %a to/kernel)" 644
echo old > to/kernel
chmod 600 to/kernel
check "a file that is there is replaced" exits 0 -C to --part=kernel uki
check ".. by the kernel" sh -c 'head -c 1864 linux | cmp - to/kernel'
is ".. and keeps its permissions" "$(stat -c %a to/kernel)" 600

# One of them
fresh
check "--part=initrd" exits 0 --directory=to --part=initrd uki
is "--part=initrd: nothing else" "$(ls -A to)" initrd
fresh
check "--section=.ucode" exits 0 -C to --section=.ucode uki
is "--section=.ucode: nothing else" "$(ls -A to)" section.ucode
check "both" exits 0 -C to --section=.linux --part=cmdline uki
is "both: and the one before" "$(cd to && echo *)" "cmdline section.linux section.ucode"
fresh
check "a section that is not there: exit 1" exits 1 -C to --section=.dtb uki
check ".. said" says "uki: has no section .dtb"
check "a part that is not there: exit 1" exits 1 -C to --part=dtb uki
check ".. said" says "uki: has no dtb"
check "a part that there never is: exit 1" exits 1 -C to --part=heart uki
check ".. nothing written" nothing
check "no such folder: exit 2" exits 2 -C nowhere uki
mkdir here
check "no folder given: the current one" sh -c 'cd here && "$1" extract --part=cmdline ../uki' - "$(realpath "$tool")"
check ".. in it" test -s here/cmdline

# Profiles, names that come twice
fresh
check "profiles" exits 0 -C to "$corpus/image/uki-profiles"
is "profiles: cmdline of each" "$(cat to/section.cmdline) $(cat to/section.cmdline@0) $(cat to/section.cmdline@1)" \
	"base zero one"
is "profiles: @0 is taken" "$(cat to/cmdline)" zero
check "profiles: its empty .initrd takes the base's away" test ! -e to/initrd
fresh
check "--section=.cmdline@1" exits 0 -C to --section=.cmdline@1 "$corpus/image/uki-profiles"
is "--section=.cmdline@1: nothing else" "$(ls -A to) $(cat to/*)" "section.cmdline@1 one"
head -c 3000 /dev/urandom > blob1
head -c 1000 /dev/urandom > blob2
pe_new twice 0x400
pe_section twice .dtbauto blob1
pe_section twice .dtbauto blob2
pe_section twice junk blob2
fresh
check "a name that comes twice" exits 0 -C to --section=.dtbauto twice
is "a name that comes twice: two files" "$(cd to && echo *)" "section.dtbauto section.dtbauto.2"
check "a name that comes twice: the first" cmp blob1 to/section.dtbauto
check "a name that comes twice: the second" cmp blob2 to/section.dtbauto.2
check "an EFI program without a kernel: exit 1" exits 1 -C to twice
check ".. said" says "without a kernel"
check "a name without a dot" exits 0 -C to --section=junk twice
check ".. gets one" cmp blob2 to/section.junk
pe_new twice 0x400
pe_section twice .a blob1
pe_section twice .a.2 blob1
pe_section twice .a blob2
fresh
check "two sections for one file: exit 0 for one of them" exits 0 -C to --section=.a twice
cp "$corpus/image/uki" twice
nr=0
for name in .a.2 .a .a; do
	row=$((0x148 + 40 * nr))
	put twice $row 0
	put twice $((row + 4)) 0
	put_text twice $row $name
	nr=$((nr + 1))
done
fresh
check "two sections for one file: exit 1" exits 1 -C to twice
check ".. said" says "two sections would become the file section.a.2"
check ".. nothing written" nothing

# Never outside of the folder
for name in /../x ../../x a/b; do
	cp "$corpus/image/uki" evil
	put evil 0x148 0
	put evil 0x14c 0
	put_text evil 0x148 "$name"
	fresh
	check "a section called $name: exit 1" exits 1 -C to evil
	check ".. said" says "which is no name for a file"
	check ".. nothing written" nothing
	check ".. on request neither" exits 1 -C to --section="$name" evil
done
printf '.\033[31mx' | dd of=evil bs=1 seek=$((0x148)) conv=notrunc status=none
check "a section with an escape sequence: exit 1" exits 1 -C to evil
check ".. shown without it" says "'.?[31mx"
fresh
echo old > outside
ln -s ../outside to/section.linux
check "a symbolic link in the folder: exit 1" exits 1 -C to uki
is "a symbolic link in the folder: not followed" "$(cat outside)" old
is "a symbolic link in the folder: nothing else written" "$(ls -A to)" section.linux
fresh
ln -s nowhere to/kernel
check "a dangling link: exit 1" exits 1 -C to uki
check "a dangling link: not followed" test ! -e to/nowhere
fresh
ln uki to/kernel
check "the input under another name: exit 1" exits 1 -C to uki
check "the input under another name: stays" cmp uki "$corpus/image/uki"
fresh
mkfifo to/initrd
check "a FIFO: exit 1" exits 1 -C to uki
fresh
limited() { (ulimit -f 1; exits 2 -C to uki); }
check "a write error: exit 2" limited
check ".. nothing left" nothing

# What is compressed
fresh
check "zboot" exits 0 -C to "$corpus/image/zboot-zstd"
check "zboot: the kernel is the Image" cmp to/kernel "$corpus/image/arm64-image"
fresh
check "a compressed bzImage" exits 0 -C to "$corpus/image/bzimage.xz"
check "a compressed bzImage: unpacked" cmp to/kernel "$corpus/image/bzimage"
gzip -c uki > uki.gz
fresh
check "a compressed UKI" exits 0 -C to uki.gz
check "a compressed UKI: its sections" cmp to/section.linux linux

# Real ones
vmlinuz=$(find "$cache"/kernel-6.12 -name vmlinuz 2> /dev/null | sort -V | tail -n 1)
ukify=$(find "$cache"/ukify/*/bin -name ukify 2> /dev/null | sort -V | tail -n 1)
if [ -z "$vmlinuz" ] || [ -z "$ukify" ]; then
	skip "ukify's UKI" "no kernel or no ukify in $cache: tests/setup/fetch"
	tap_done
fi
head -c 300001 /dev/urandom > initrd1
head -c 70003 /dev/urandom > initrd2
head -c 5003 /dev/urandom > ucode
gzip -c "$vmlinuz" > vmlinuz.gz
cmdline="console=ttyS0 root=UUID=0 quiet"
"$ukify" build --linux="$vmlinuz" --initrd=initrd1 --initrd=initrd2 --microcode=ucode \
	--cmdline="$cmdline" --uname=6.12.1 --output=uki > /dev/null 2>&1
"$ukify" build --linux=vmlinuz.gz --initrd=initrd1 --uname=6.12.1 --output=ukigz > /dev/null 2>&1
if [ "$(uname -m)" = x86_64 ] && command -v sbsign > /dev/null && command -v openssl > /dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -days 3 -keyout key -out cert 2> /dev/null
	sbsign --key key --cert cert --output uki uki > /dev/null 2>&1
fi
fresh
check "ukify's UKI: exit 0" exits 0 -C to uki
check "ukify's UKI: objcopy dumps it" dump uki
check "ukify's UKI: .. and some sections" test "$(find want -type f | wc -l)" -ge 8
for file in want/*; do
	name=${file#want/}
	check "ukify's UKI: $name is what objcopy dumps" cmp "$file" "to/$name"
done
is "ukify's UKI: no other sections" "$(cd to && echo section.*)" "$(cd want && echo section.*)"
check "ukify's UKI: the kernel" cmp "$vmlinuz" to/kernel
is "ukify's UKI: the command line" "$(cat to/cmdline)" "$cmdline"
# ukify pads each of its initrds, the last one too.
truncate -s %4 ucode initrd1 initrd2
cat ucode initrd1 initrd2 > initrd
check "ukify's UKI: the initrds" cmp initrd to/initrd
fresh
check "a compressed kernel in a UKI" exits 0 -C to --part=kernel ukigz
check "a compressed kernel in a UKI: unpacked" cmp "$vmlinuz" to/kernel
fresh
check "a signed bzImage" exits 0 -C to "$vmlinuz"
check "a signed bzImage: itself" cmp "$vmlinuz" to/kernel
dump "$vmlinuz"
check "a signed bzImage: .text" cmp want/section.text to/section.text
tap_done
