#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec-image parser-container and sign-parser. Judges: readelf and objcopy for the
# container, openssl cms for the signature, kexec-image check for what the programs do.
set -u
: "${KEXEC:?}" "${top_srcdir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

image=${KEXEC_IMAGE:-$(dirname "$KEXEC")/kexec-image}
builddir=$(cd "${builddir:-.}" && pwd)
uki=$builddir/bpf/progs/uki.bpf zboot=$builddir/bpf/progs/zboot.bpf
corpus=$(cd "$top_srcdir" && pwd)/tests/fuzz/corpus
manual=$(cd "$top_srcdir" && pwd)/kexec/kexec-image.1
image=$(realpath "$image")
[ -f "$uki" ] || skip_all "detached parsers" "there is no clang to build programs with"
"$image" sign-parser --key=/dev/null --cert=/dev/null "$uki" 2>&1 | grep -q 'without libcrypto' &&
	skip_all "detached parsers" "built without libcrypto"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
umask 022

exits() { # CODE COMMAND...
	want=$1
	shift
	"$@" > out 2> err
	got=$?
	[ $got = "$want" ] || { echo "exit $got instead of $want"; cat err; return 1; }
}
says() { grep -qF -- "$1" err || { cat err; return 1; }; }
contains() { exits 0 "$image" parser-container "$@"; }
refuses() { exits 1 "$image" "$@"; }
signs() { exits 0 "$image" sign-parser --key=key.pem --cert=cert.pem "$@"; }
agree() { exits 0 "$image" check --parser="$1" "$2"; }
no_leftovers() { [ -z "$(find . -name '.?*' ! -path ./.)" ]; }

# Help and manual page
for command in parser-container sign-parser; do
	check "$command --help: exit 0" exits 0 "$image" $command --help
	undocumented=
	for option in $(sed -nE 's/^  (-., )?--([a-z-]+).*/\2/p' out); do
		awk -v c="$command" '/^\.Ss/ { on = $3 == c } on' "$manual" |
			grep -q "Fl -$option\b" || undocumented="$undocumented $option"
	done
	is "$command: every option of --help is in the manual page" "$undocumented" ""
done

# Containers
check "one program" contains one.bpf "$zboot"
check "two, and one nested" contains two.bpf "$zboot" "$uki" --nested="$uki"
is "readelf: its sections" "$(readelf -SW two.bpf 2> err | grep -o '\.bpf[^ ]*\|\.shstrtab' |
	tr '\n' ' '; cat err)" ".bpf.1 .bpf.2 .bpf.nested .shstrtab "
for part in .bpf.1="$zboot" .bpf.2="$uki" .bpf.nested="$uki"; do
	objcopy -I elf64-little -O binary --only-section="${part%%=*}" --set-section-flags \
		"${part%%=*}=alloc" two.bpf section 2> /dev/null
	check "objcopy: section ${part%%=*}" cmp section "${part#*=}"
done
agree one.bpf "$corpus/image/uki" > /dev/null
is "the one program does not know a UKI" "$(cut -d: -f2- out)" \
	" ONLY THE PARSERS accept it: parser program: it does not recognise the image"
contains plain.bpf "$zboot" "$uki"
check "the second one of two does" agree plain.bpf "$corpus/image/uki"
check "what is nested is for the image inside" agree two.bpf "$corpus/image/uki-in-uki"
check "eight programs" contains eight.bpf "$uki" "$uki" "$uki" "$uki" "$uki" "$uki" "$uki" "$uki"
check "nine: exit 1" refuses parser-container nine.bpf "$uki" "$uki" "$uki" "$uki" "$uki" "$uki" \
	"$uki" "$uki" "$uki"
check "nine: says why" says "more than 8 programs"
check "no program: exit 1" refuses parser-container out.bpf
check "one that is none: exit 1" refuses parser-container out.bpf "$uki" "$manual"
check "one that is none: says which" says \
	"kexec-image: $manual: would be refused: it is not a 64-bit"
check "a container among the programs: exit 1" refuses parser-container out.bpf "$uki" one.bpf
check "a container among the programs: says so" says \
	"kexec-image: one.bpf: would be refused: is a container itself, not a program"
check "something else nested: exit 1" refuses parser-container out.bpf "$uki" --nested="$manual"
check "something else nested: says which" says "kexec-image: $manual: would be refused: "
check "a missing one: exit 2" exits 2 "$image" parser-container out.bpf missing.bpf
cp "$uki" same.bpf
check "onto one of them: exit 1" refuses parser-container same.bpf same.bpf
check "onto one of them: it is what it was" cmp same.bpf "$uki"
cp one.bpf deep.bpf
for i in 2 3 4; do
	contains deep$i.bpf "$uki" --nested=deep.bpf && mv deep$i.bpf deep.bpf
done
check "for five images inside each other: exit 1" refuses parser-container five.bpf "$uki" \
	--nested=deep.bpf
check "for five: says why" says "programs for more than 4 images inside each other"
is "what was refused is not there" "$(ls out.bpf nine.bpf five.bpf 2> /dev/null)" ""

# Signatures
openssl req -new -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 9 \
	-subj '/CN=test: who signs/' 2> /dev/null
openssl req -new -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 9 \
	-subj '/CN=test: a stranger/' 2> /dev/null
openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout ec.key \
	-out ec.pem -days 9 -subj '/CN=test: curves/' 2> /dev/null
openssl x509 -in cert.pem -outform DER -out cert.der
openssl pkey -in key.pem -aes256 -passout pass:secret -out encrypted.pem

# split FILE: leaves "signed", what it signs, and "message", by the block behind them
split() {
	size=$(stat -c %s "$1")
	tail -c 28 "$1" | grep -qx '~Module signature appended~' || return 1
	block=$(tail -c 40 "$1" | head -c 12 | od -An -v -tx1 | tr -d ' \n')
	case $block in 0000020000000000*) ;; *) return 1 ;; esac
	len=$((0x${block#0000020000000000}))
	head -c $((size - 40 - len)) "$1" > signed
	tail -c $((40 + len)) "$1" | head -c $len > message
}
verified() { # FILE CERT PARSER
	split "$1" && cmp signed "$3" && exits 0 openssl cms -verify -inform DER -in message \
		-content signed -binary -noverify -nointern -certfile "$2" -out /dev/null
}
check "a program alone can be signed" signs -o program.signed "$uki"
contains of-signed.bpf program.signed --nested=program.signed
contains of-unsigned.bpf "$uki" --nested="$uki"
check "in a container its signature is left out" cmp of-signed.bpf of-unsigned.bpf
cp two.bpf signed.bpf
check "signs in place" signs signed.bpf
check "openssl verifies it" verified signed.bpf cert.pem two.bpf
check "with another certificate it does not" exits 4 openssl cms -verify -inform DER -in message \
	-content signed -binary -noverify -nointern -certfile other.pem -out /dev/null
check "of another file it does not" exits 4 openssl cms -verify -inform DER -in message \
	-content "$uki" -binary -noverify -nointern -certfile cert.pem -out /dev/null
openssl cms -cmsout -print -noout -inform DER -in message > printed
is "no certificate and no signed attributes in the message" \
	"$(grep -A1 -E ' (certificates|signedAttrs):' printed | grep -c '<ABSENT>')" 2
is "its digest is SHA-256" "$(grep -A1 digestAlgorithm: printed | grep -c 'sha256 ')" 1
check "the programs in it are run as before" agree signed.bpf "$corpus/image/uki-in-uki"
check "into another file, certificate in DER" exits 0 "$image" sign-parser --key key.pem \
	--cert cert.der two.bpf -o other.bpf
check "that is verified" verified other.bpf cert.pem two.bpf
check "the input is what it was" sh -c "! grep -q appended two.bpf"
check "with a key of the curve P-384" exits 0 "$image" sign-parser --key=ec.key --cert=ec.pem \
	two.bpf --output=ec.bpf
check "that is verified, too" verified ec.bpf ec.pem two.bpf
cp signed.bpf again.bpf
check "signed already: exit 1" refuses sign-parser --key=key.pem --cert=cert.pem again.bpf
check "signed already: says so" says "is signed already; --replace"
check "signed already: it is what it was" cmp again.bpf signed.bpf
check "--replace, by another signer" exits 0 "$image" sign-parser --replace --key=other.key \
	--cert=other.pem again.bpf
check "that is verified instead" verified again.bpf other.pem two.bpf

# What kexec makes of it, on whatever kernel this is
if [ "$(uname -m)" = x86_64 ]; then
	"$KEXEC" --dry-run -s -l --parser=signed.bpf "$corpus/image/uki" > out 2> err
	is "kexec --dry-run: exit 0" $? 0
	check "it names the parser" grep -qx "parser: signed.bpf, $(stat -c %s signed.bpf) bytes, signed" \
		out
	check "it says how, or why not" grep -qE '^route: detached|does not run detached parsers' out err
	"$KEXEC" --dry-run --json -s -l --parser=signed.bpf "$corpus/image/uki" > out 2> err
	is "in JSON, too" "$(tr -d ' \n' < out | grep -o '"detached":{[^}]*}')" \
		'"detached":{"file":"signed.bpf","size":'"$(stat -c %s signed.bpf)"',"signed":true,"envelope":false}'
	check "a parser that is none: exit 1" exits 1 "$KEXEC" --dry-run -s -l \
		--parser="$corpus/image/uki" "$corpus/image/uki"
	check "says so" says "is no parser program and no container of some"
	check "it knows the image, but not as we do: exit 1" exits 1 "$KEXEC" --dry-run -s -l \
		--parser=one.bpf "$corpus/image/uki"
fi

# What is refused
for bad in \
	"key.pem other.pem two.bpf|other.pem: is not the certificate of the key in key.pem" \
	"encrypted.pem cert.pem two.bpf|encrypted.pem: is encrypted" \
	"cert.pem cert.pem two.bpf|cert.pem: is no private key in PEM" \
	"key.pem key.pem two.bpf|key.pem: is no certificate" \
	"key.pem cert.pem key.pem|key.pem: it is not a 64-bit"; do
	# shellcheck disable=SC2086
	set -- ${bad%%|*}
	check "$*: exit 1" refuses sign-parser --key="$1" --cert="$2" -o bad.bpf "$3" < /dev/null
	check "$*: says why" says "${bad#*|}"
done
for n in 1 40 41 400; do
	head -c -$n signed.bpf > cut.bpf
	printf '~Module signature appended~\n' >> cut.bpf
	check "a signature that is cut by $n: exit 1" refuses sign-parser --replace --key=key.pem \
		--cert=cert.pem -o bad.bpf cut.bpf
done
check "a missing key: exit 2" exits 2 "$image" sign-parser --key=missing --cert=cert.pem two.bpf
check "no certificate named: exit 1" refuses sign-parser --key=key.pem two.bpf
mkdir folder
check "OUT is a folder: exit 1" refuses sign-parser --key=key.pem --cert=cert.pem two.bpf -o folder
is "what was refused is not there" "$(ls bad.bpf 2> /dev/null)" ""
check "nothing is left behind" no_leftovers
tap_done
