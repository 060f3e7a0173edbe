#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec-image add-parser, judged by objdump, objcopy, sbsign, sbverify and pefile;
# the images are made here, or real ones that tests/setup/fetch has in its cache.
set -u
: "${KEXEC:?}" "${top_srcdir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
# shellcheck source=tests/pe.sh
. "$top_srcdir/tests/pe.sh"

image=${KEXEC_IMAGE:-$(dirname "$KEXEC")/kexec-image}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kexec-tools
manual=$top_srcdir/kexec/kexec-image.1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
umask 022

# exits CODE COMMAND...: leaves out and err
exits() {
	want=$1
	shift
	"$@" > out 2> err
	got=$?
	[ $got = "$want" ] || { echo "exit $got instead of $want"; cat err; return 1; }
}
refuses() { exits 1 "$image" add-parser "$@"; }
fails() { exits 2 "$image" add-parser "$@"; }
adds() { exits 0 "$image" add-parser "$@"; }
says() { grep -qF -- "$1" err || { cat err; return 1; }; }
no_leftovers() { [ -z "$(find . -name '.?*' ! -path ./.)" ]; }
# the section's bytes in both files are the same
same_section() {
	pe_bytes "$1" "$3" > a && pe_bytes "$2" "$3" > b && [ -s a ] && cmp a b
}
holds() { pe_bytes "$1" .bpf > a && cmp a "$2"; }

# Help, version, manual page
exits 1 "$image"
is "no command: exit 1" $? 0
check "no command: says so" says "no command given"
check "an unknown command: exit 1" exits 1 "$image" bake
check "--help: exit 0" exits 0 "$image" --help
check "--help lists add-parser" grep -q '^  add-parser  ' out
check "--help lists envelope" grep -q '^  envelope  ' out
check "--version: exit 0" exits 0 "$image" --version
is "--version is kexec's" "$(cat out)" "$("$KEXEC" --version)"
check "add-parser --help: exit 0" exits 0 "$image" add-parser --help
undocumented=
for option in $(sed -nE 's/^  --([a-z-]+).*/\1/p' out); do
	grep -q "^\.It Fl -$option\b" "$manual" || undocumented="$undocumented $option"
done
is "every option of --help is in the manual page" "$undocumented" ""
check "one argument: exit 1" refuses one
check "three arguments: exit 1" refuses one two three
check "an unknown option: exit 1" refuses --frobnicate one two

# A small UKI
head -c 5000 /dev/urandom > linux
head -c 700 /dev/urandom > initrd
echo profile > profile
{ printf '\177ELF'; head -c 900 /dev/urandom; } > parser
pe_new uki 0x400
pe_section uki .linux linux
pe_section uki .initrd initrd
cp uki plain
pe_section uki .profile profile
pe_section uki .cmdline profile
cp uki before
check "a UKI: exit 0" adds --parser=parser uki new
check "a UKI: silent" test ! -s err -a ! -s out
check "a UKI: the input stays" cmp uki before
check "a UKI: nothing left but the output" no_leftovers
is "a UKI: .bpf in front of the profile" "$(pe_names new)" ".linux .initrd .bpf .profile .cmdline "
check "a UKI: .bpf holds the program" holds new parser
for name in .linux .initrd .profile .cmdline; do
	check "a UKI: $name is the same" same_section uki new $name
done
is "a UKI: permissions by umask" "$(stat -c %a new)" 644
check "a file that is no ELF is warned about" adds --parser=linux uki warned
check ".. in one line" says "linux is no ELF file"

# What is there already
check "a second .bpf: exit 1" refuses --parser=parser new twice
check ".. says how to replace it" says "--replace"
check ".. nothing written" test ! -e twice
cp parser parser2
head -c 3000 /dev/urandom >> parser2
check "--replace: exit 0" adds --replace --parser=parser2 new replaced
check "--replace: the new program" holds replaced parser2
is "--replace: one .bpf" "$(pe_names replaced)" ".linux .initrd .bpf .profile .cmdline "
check "--replace: .profile is the same" same_section uki replaced .profile

# Output files
check "OUT is IN: exit 1" refuses --parser=parser uki uki
check ".. says so" says "same file"
ln uki hard
check "OUT is another name of IN: exit 1" refuses --parser=parser uki hard
check "OUT is the parser: exit 1" refuses --parser=parser uki parser
check "OUT is a folder: exit 1" refuses --parser=parser uki "$PWD"
# Not /dev/null: a broken build that runs as root would replace it for everybody.
mkfifo fifo
check "OUT is a FIFO: exit 1" refuses --parser=parser uki fifo
check ".. which stays" test -p fifo
check "OUT in no folder: exit 2" fails --parser=parser uki nowhere/new
check "IN is missing: exit 2" fails --parser=parser missing new2
check "the parser is missing: exit 2" fails --parser=missing uki new2
: > empty
check "an empty parser: exit 1" refuses --parser=empty uki new2
check ".. named as such" says "is empty"
check "IN is no EFI program: exit 1" refuses --parser=parser linux new2
check ".. said so" says "is no EFI program"
check "nothing written so far" test ! -e new2
echo old > target
chmod 600 target
ln -s target link
check "OUT is a link: exit 0" adds --parser=parser uki link
check "OUT is a link: it stays one" test -h link
check "OUT is a link: followed" cmp target new
is "OUT was there: permissions stay" "$(stat -c %a target)" 600
echo old > target
limited() { (ulimit -f 4; exits 2 "$image" add-parser --parser=parser uki target); }
check "a write error: exit 2" limited
check "a write error: named" says "write error on 'target': File too large"
is "a write error: the old file stays" "$(cat target)" old
check "a write error: nothing left" no_leftovers

# Interrupted while it writes
truncate -s 300M big.initrd
pe_new big 0x400
pe_section big .linux linux
pe_section big .initrd big.initrd
"$image" add-parser --parser=parser big target 2> err &
pid=$!
tries=0
while [ $tries -lt 500 ] && kill -0 $pid 2> /dev/null && no_leftovers; do
	sleep 0.01
	tries=$((tries + 1))
done
kill -TERM $pid
wait $pid 2> /dev/null
is "SIGTERM: the program ends by it" $? 143
is "SIGTERM: the old file stays" "$(cat target)" old
check "SIGTERM: nothing left" no_leftovers
rm -f big big.initrd

# zboot
for more in 0 3; do
	pe_zboot zboot linux $more
	check "zboot, $more more sections: exit 0" adds --parser=parser zboot new
	off=$(get new 8)
	is "zboot, $more more sections: the payload moved" $((off - 0x200 - 300)) \
		$((more == 3 ? 0x200 : 0))
	tail -c +$((off + 1)) new | head -c "$(get new 12)" > payload.gz
	check "zboot, $more more sections: the payload is where the header says" \
		cmp payload.gz zboot.gz
	check "zboot, $more more sections: .text is the same" same_section zboot new .text
	check "zboot, $more more sections: .bpf holds the program" holds new parser
	is "zboot, $more more sections: .bpf is last" "$(pe_names new | awk '{ print $NF }')" .bpf
done
put zboot 8 0x20
check "zboot, payload in no section: exit 1" refuses --parser=parser zboot new2
check ".. named" says "in no section"

# Anything else
pe_new other 0x400
pe_section other .text linux
check "any EFI program: exit 1 without --parser" refuses other new2
check ".. says so" says "neither a UKI nor a zboot image"
check "any EFI program: exit 0 with --parser" adds --parser=parser other new
check "any EFI program: .bpf holds the program" holds new parser

# Signing
if command -v sbsign > /dev/null && command -v openssl > /dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -days 3 -keyout key -out cert \
		2> /dev/null
	for name in plain uki zboot.good; do
		[ $name != zboot.good ] || pe_zboot zboot.good linux 3
		check "$name: exit 0" adds --parser=parser $name new
		check "$name: sbsign" sbsign --key key --cert cert --output signed new
		check "$name: sbsign has no warning" \
			sh -c '! sbsign --key key --cert cert --output x new 2>&1 | grep warning'
		check "$name: sbverify" sbverify --cert cert signed
		check "$name, signed: exit 1" refuses --replace --parser=parser signed new2
		check "$name, signed: says how" says "--strip-signature"
		check "$name, signed: --strip-signature" \
			adds --replace --strip-signature --parser=parser signed stripped
		# sbsign gives an image a checksum, which then is kept up.
		is "$name, signed: with a checksum" $(($(get stripped 0x98) != 0)) 1
		put stripped 0x98 0
		check "$name, signed: as it was before" cmp stripped new
	done
else
	skip "sbsign and sbverify" "sbsign or openssl is not installed"
fi

# Real ones
vmlinuz=$(find "$cache"/kernel-6.12 -name vmlinuz 2> /dev/null | sort -V | tail -n 1)
ukify=$(find "$cache"/ukify/*/bin -name ukify 2> /dev/null | sort -V | tail -n 1)

checksum_holds() {
	PYTHONPATH=${ukify%/bin/ukify}/usr/lib/python3/dist-packages /usr/bin/python3 -c '
import pefile, sys
p = pefile.PE(sys.argv[1])
sys.exit(not (p.OPTIONAL_HEADER.CheckSum and p.verify_checksum()))' "$1"
}

if [ -n "$vmlinuz" ]; then
	refuses --parser=parser "$vmlinuz" new2
	if grep -q 'is signed' err; then strip=--strip-signature; else strip=; fi
	check "bzImage: exit 0" adds --parser=parser ${strip:+"$strip"} "$vmlinuz" new
	check "bzImage: .bpf holds the program" holds new parser
	check "bzImage: the boot sector is the same" cmp -i $((0x1ef)) -n 200 "$vmlinuz" new
	check "bzImage: kexec takes it" "$KEXEC" --dry-run --cross-check=off -s -l new
	if [ -n "$ukify" ]; then
		check "bzImage: pefile finds the checksum right" checksum_holds new
	else
		skip "bzImage: pefile finds the checksum right" "no pefile: fetch ukify"
	fi
else
	skip "bzImage" "no kernel in $cache: tests/setup/fetch kernel-6.12"
fi
if [ -n "$vmlinuz" ] && [ -n "$ukify" ]; then
	"$ukify" build --profile=ID=one --cmdline=one --output=addon > /dev/null 2>&1
	"$ukify" build --linux="$vmlinuz" --initrd=initrd --cmdline="console=ttyS0 quiet" \
		--join-profile=addon --output=uki > /dev/null 2>&1
	check "ukify's UKI: exit 0" adds --parser=parser uki new
	check "ukify's UKI: .bpf holds the program" holds new parser
	for name in $(pe_names uki); do
		check "ukify's UKI: $name is the same" same_section uki new "$name"
	done
	for name in uki new; do
		"$KEXEC" --dry-run --cross-check=off -s -l $name 2> /dev/null | grep -E '^(kernel|initrd|cmdline):' |
			sed 's/ at 0x.*, from/ from/' > $name.parts
	done
	mv uki.parts a
	mv new.parts b
	check "ukify's UKI: kexec finds the same parts" cmp a b
	check "ukify's UKI: .. and some at all" grep -q '^initrd: 700 bytes' b
	check "ukify's UKI: ukify inspect accepts it" "$ukify" inspect new
else
	skip "ukify's UKI" "no kernel or no ukify in $cache: tests/setup/fetch"
fi

tap_done
