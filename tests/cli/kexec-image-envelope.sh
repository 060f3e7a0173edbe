#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec-image envelope under both of its names: byte by byte against a file that
# is put together here, and by readelf.
set -u
: "${KEXEC:?}" "${top_srcdir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

image=${KEXEC_IMAGE:-$(dirname "$KEXEC")/kexec-image}
image=$(cd "$(dirname "$image")" && pwd)/kexec-image
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
umask 022
export LC_ALL=C
ln -s "$image" build_zboot_envelop

exits() {
	want=$1
	shift
	"$@" > out 2> err
	got=$?
	[ $got = "$want" ] || { echo "exit $got instead of $want"; cat err; return 1; }
}
says() { grep -qF -- "$1" err || { cat err; return 1; }; }

# le BYTES NUMBER
le() {
	le_n=$2 le_i=0
	while [ $le_i -lt "$1" ]; do
		# shellcheck disable=SC2059
		printf "$(printf '\\%03o' $((le_n & 255)))"
		le_n=$((le_n >> 8)) le_i=$((le_i + 1))
	done
}
zeros() { head -c "$1" /dev/zero; }
header() { # NAME TYPE FLAGS OFFSET SIZE
	le 4 "$1"; le 4 "$2"; le 8 "$3"; zeros 8; le 8 "$4"; le 8 "$5"; zeros 8; le 8 1; zeros 8
}
up() { echo $((($1 + 7) / 8 * 8)); }

# envelope KERNEL INITRD CMDLINE: what it has to be
envelope() {
	k=$(stat -c %s "$1") i=$(stat -c %s "$2") c=$((${#3} + 1))
	cmdline=$(up $((384 + k + i))) names=$(up $(($(up $((384 + k + i))) + c)))
	printf '\177ELF\002\001\001'; zeros 9
	le 2 2; le 2 183; le 4 1; zeros 16; le 8 64; zeros 4; le 2 64; zeros 4
	le 2 64; le 2 5; le 2 4
	zeros 64
	header 1 1 2 384 "$k"
	header 9 1 2 $((384 + k)) "$i"
	header 17 1 2 "$cmdline" $c
	header 26 3 0 "$names" 36
	cat "$1" "$2"
	zeros $((cmdline - 384 - k - i))
	printf '%s\0' "$3"
	zeros $((names - cmdline - c))
	printf '\0.kernel\0.initrd\0.cmdline\0.shstrtab\0'
}

for sizes in "1000 3000" "1001 3002" "1 6" "300001 200003"; do
	head -c "${sizes% *}" /dev/urandom > kernel
	head -c "${sizes#* }" /dev/urandom > initrd
	for text in "" "console=ttyS0 quiet" "--help -- x=\"ä b\" %s"; do
		envelope kernel initrd "$text" > want
		rm -f zboot_image.elf
		check "$sizes '$text': exit 0" exits 0 ./build_zboot_envelop kernel initrd "$text"
		check "$sizes '$text': every byte" cmp zboot_image.elf want
		is "$sizes '$text': success line" "$(cat out)" \
			"build_zboot_envelop: wrote 'zboot_image.elf' (.kernel=${sizes% *}B .initrd=${sizes#* }B .cmdline=$(printf %s "$text" | wc -c)B)"
		check "$sizes '$text': silent otherwise" test ! -s err
	done
done
check "with OUTPUT: exit 0" exits 0 ./build_zboot_envelop kernel initrd text out.elf
is "with OUTPUT: success line" "$(cut -d ' ' -f 1-3 out)" "build_zboot_envelop: wrote 'out.elf'"
check "as a sub-command: exit 0" exits 0 "$image" envelope kernel initrd text out2.elf
check "as a sub-command: same bytes" cmp out.elf out2.elf
is "as a sub-command: same line" "$(cat out)" \
	"build_zboot_envelop: wrote 'out2.elf' (.kernel=300001B .initrd=200003B .cmdline=4B)"
is "permissions by umask" "$(stat -c %a out.elf)" 644
is "readelf finds no fault" "$(readelf -hSW out.elf 2>&1 | grep -icE 'error|warning')" 0
is "readelf names the sections" "$(readelf -SW out.elf | grep -oE ' \.[a-z]+' | tr -d '\n')" \
	" .kernel .initrd .cmdline .shstrtab"
is "the text is counted in bytes of its own" "$(readelf -p .cmdline out.elf | grep -c 'text')" 1

check "two arguments: exit 1" exits 1 ./build_zboot_envelop kernel initrd
check ".. says what it takes" says "KERNEL INITRD CMDLINE [OUTPUT]"
check "five arguments: exit 1" exits 1 ./build_zboot_envelop kernel initrd a b c
check "--help alone: exit 0" exits 0 ./build_zboot_envelop --help
check ".. names both ways" grep -q '^       build_zboot_envelop KERNEL INITRD CMDLINE' out
check "--help of the sub-command: exit 0" exits 0 "$image" envelope --help
check "a missing kernel: exit 2" exits 2 ./build_zboot_envelop missing initrd text new.elf
check ".. named" says "build_zboot_envelop: missing: "
check "a missing initrd: exit 2" exits 2 ./build_zboot_envelop kernel missing text new.elf
: > empty
check "an empty initrd: exit 1" exits 1 ./build_zboot_envelop kernel empty text new.elf
check "a folder as kernel: exit 1" exits 1 ./build_zboot_envelop / initrd text new.elf
long=$(head -c 65537 /dev/zero | tr '\0' x)
check "a command line over 64 KiB: exit 1" exits 1 ./build_zboot_envelop kernel initrd "$long" new.elf
truncate -s 2200M huge
check "over 4 GiB together: exit 1" exits 1 ./build_zboot_envelop huge huge text new.elf
check ".. named" says "larger than 4 GiB"
truncate -s 4300M huge
check "over 4 GiB alone: exit 1" exits 1 ./build_zboot_envelop kernel huge text new.elf
check "nothing written so far" test ! -e new.elf

cp kernel before
check "OUTPUT is KERNEL: exit 1" exits 1 ./build_zboot_envelop kernel initrd text kernel
check "OUTPUT is INITRD: exit 1" exits 1 ./build_zboot_envelop kernel initrd text initrd
check ".. and the kernel stays" cmp kernel before
limited() { (ulimit -f 4; exits 2 ./build_zboot_envelop kernel initrd text "$1"); }
check "a write error: exit 2" limited new.elf
check ".. named" says "build_zboot_envelop: write error on 'new.elf': File too large"
check "a write error: no output" test ! -e new.elf
check "a write error: exit 2, over an older file" limited out.elf
check "a write error: the older file is gone too" test ! -e out.elf
check "nothing else left" test -z "$(find . -name '.?*' ! -path ./.)"

tap_done
