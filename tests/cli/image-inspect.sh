#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec-image inspect, judged by osslsigncode, sbverify, sha256sum, python3 and jq;
# the images are seeds of the fuzz target, or real ones from the cache.
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

# exits CODE ARGUMENT...: leaves out and err
exits() {
	want=$1
	shift
	"$tool" inspect "$@" > out 2> err
	got=$?
	[ $got = "$want" ] || { echo "exit $got instead of $want"; cat err; return 1; }
}
shows() { grep -qF -- "$1" out || { cat out; return 1; }; }
has() { command -v "$1" > /dev/null; }

# The command line
check "no file: exit 1" exits 1
check "two files: exit 1" exits 1 "$corpus/image/uki" "$corpus/image/uki"
check "no such file: exit 2" exits 2 missing
check "an unknown option: exit 1" exits 1 --frobnicate "$corpus/image/uki"
check "--help: exit 0" exits 0 --help
undocumented=
for option in $(sed -nE 's/^  --([a-z-]+).*/\1/p' out); do
	sed -n '/^\.Ss kexec-image inspect/,/^\.Ss kexec-image extract/p' "$manual" |
		grep -q "^\.It Fl -$option\b" || undocumented="$undocumented $option"
done
is "every option of --help is in the manual page" "$undocumented" ""

# As text
check "a UKI: exit 0" exits 0 "$corpus/image/uki"
check "a UKI: its kernel one level deeper" grep -qE '^        +bzImage \(bzImage64\), 1864 bytes$' out
check "a UKI: the command line" shows "'root=/dev/vda quiet'"
check "compressed twice inside each other" exits 0 "$corpus/image/zboot-gzip"
check ".. unpacked from what" shows "arm64 Image (Image), 1024 bytes, unpacked from"
echo "no image" > text
check "no image at all: exit 1" exits 1 text
check ".. said on standard error" grep -qF "text: no known kernel format" err
check "a thin image: exit 1" exits 1 "$corpus/inspect/thin"
check ".. recognised" shows "names a file elsewhere (thin image)"
check ".. with its path, escaped" shows "'\\\\EFI\\\\k.efi'"
check ".. control characters escaped" shows "'NAME=\"\\x1b[31mN\\xc3\\xa9\"'"
check ".. none left" sh -c '! LC_ALL=C grep -qP "[^\\x20-\\x7e]" out'

# As JSON
for name in inspect/thin inspect/certificates inspect/signed-twice inspect/signed-sha384 image/uki image/uki-in-uki \
	image/zboot-zstd image/bzimage.gz image/envelope section/uki-profile-bpf; do
	"$tool" inspect --json "$corpus/$name" > "$(basename $name).json" 2> err
done
"$tool" inspect --json --verify="$top_srcdir/COPYING" "$corpus/image/uki" > out 2> err
is "--verify with no certificate: exit 1" $? 1
check ".. nothing but the reason" test ! -s out -a -s err
if has python3; then
	cat > check.py <<'EOF'
import hashlib, json, re, sys
manual = open(sys.argv[1]).read()
part = manual[manual.index('.Sh JSON OF INSPECT'):]
part = part[:part.index('\n.Sh ', 1)]
documented = set(re.findall(r'^\.It (?:Li )?(\w+)', part, re.M))
found = set()
def walk(x):
    if isinstance(x, dict):
        for k, v in x.items():
            found.add(k)
            walk(v)
    elif isinstance(x, list):
        for v in x:
            walk(v)
for name in sys.argv[3:]:
    j = json.load(open(name))
    assert j['schema'] == 1 and j['accepted'] == (j['error'] is None)
    for layer in j['layers']:
        for s in (layer['pe'] or {'sections': []})['sections']:
            assert (s['use'] is None) != (s['note'] is None), s
            assert s['size'] == min(s['file_size'], s['virtual_size']), s
        for s in layer['envelope'] or []:
            assert (s['use'] is None) != (s['note'] is None), s
            data = open(sys.argv[2] + '/envelope', 'rb').read()[s['offset']:][:s['size']]
            assert s['sha256'] in (None, hashlib.sha256(data).hexdigest()), s
    walk(j)
print('only in the output:', sorted(found - documented))
print('only in the manual page:', sorted(documented - found))
# Without libcrypto there are no digests and so no signatures.
crypto = j['layers'][0]['sha256']
sys.exit(not found or found - documented != set() or (crypto and found != documented))
EOF
	check "JSON: every member is documented, and no other" \
		python3 check.py "$manual" "$corpus/image" ./*.json
	check "JSON: a text with UTF-8 and control characters" python3 -c '
import json
s = json.load(open("thin.json"))["layers"][0]["pe"]["sections"][0]
assert s["text"] == "ID=nixos\nNAME=\"\x1b[31mN\u00e9\"\n", s'
else
	skip "JSON: every member is documented" "python3 is not installed"
fi
if has jq; then
	is "JSON: layers" "$(jq -c '[.layers[].format]' uki-in-uki.json)" '["uki","uki","bzImage64"]'
	is "JSON: offset in the image around it" "$(jq '.layers[1].offset' uki.json)" 2048
	is "JSON: unpacked from" "$(jq -c '[.layers[1].packed.codec, .layers[1].offset]' bzimage.gz.json)" \
		'["gzip",null]'
	is "JSON: parser program" "$(jq -r .parser.kind uki-profile-bpf.json)" unknown
	is "JSON: verified is null if nobody asked" "$(jq .verified uki.json)" null
else
	skip "JSON: layers" "jq is not installed"
fi

if ! "$tool" inspect "$corpus/image/uki" | grep -q '^    sha256 '; then
	skip "digests and signatures" "built without libcrypto"
	tap_done
fi
digest=$(sha256sum < "$corpus/image/uki" | cut -d' ' -f1)
check "SHA-256 of the file" grep -q "\"sha256\": \"$digest\"" uki.json
digest=$(dd if="$corpus/image/uki" bs=1 skip=2048 count=1864 status=none | sha256sum | cut -d' ' -f1)
check "SHA-256 of .linux" grep -q "\"sha256\": \"$digest\"" uki.json
digest=$(printf 'root=/dev/vda quiet' | sha256sum | cut -d' ' -f1)
check "SHA-256 of the command line" grep -q "\"sha256\": \"$digest\"" uki.json
# Its parts padded to 4 bytes: "ucode" and three zeros.
digest=$(printf 'ucode\0\0\0initrd!' | sha256sum | cut -d' ' -f1)
check "SHA-256 of the initrds joined" grep -q "\"sha256\": \"$digest\"" uki.json

if ! has sbsign || ! has sbverify || ! has osslsigncode || ! has openssl || ! has jq; then
	skip "signatures" "sbsign, osslsigncode, openssl or jq is not installed"
	tap_done
fi

# Who signs: a root, one below it, and somebody else
{
	openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=root" -days 3 -keyout root.key -out root.pem
	openssl req -newkey rsa:2048 -nodes -subj "/O=Test/CN=leaf" -keyout leaf.key -out leaf.csr
	openssl x509 -req -in leaf.csr -CA root.pem -CAkey root.key -days 3 -out leaf.pem
	openssl x509 -in leaf.pem -outform DER -out leaf.der
	openssl req -x509 -newkey rsa:2048 -nodes -subj "/O=Test/CN=leaf" -days 3 -keyout other.key -out other.pem
} > /dev/null 2>&1

sign() { sbsign --key "$1.key" --cert "$1.pem" --output "$3" "$2" > /dev/null 2>&1; }
ours() { "$tool" inspect --json "$1" | jq -r ".layers[0].pe.authenticode.$2"; }
osslsigncodes() {
	osslsigncode verify -in "$1" 2>&1 |
		awk '/^Calculated message digest/ { print tolower($NF); exit }'
}

# Digests: every size modulo 8, before and after it is signed
for more in 0 1 2 3 4 5 6 7 8 13; do
	{ cat "$corpus/image/uki-profiles"; head -c $more /dev/urandom; } > image
	rm -f signed384
	check "$more more bytes: sbsign" sign root image signed
	osslsigncode sign -h sha384 -key root.key -certs root.pem -in image -out signed384 > /dev/null
	want=$(osslsigncodes signed)
	is "$more more bytes: osslsigncode has the same digest" "$(ours signed sha256)" "${want:-none}"
	is "$more more bytes: so it was before it was signed" "$(ours image sha256)" "$want"
	want=$(osslsigncodes signed384)
	is "$more more bytes: the same SHA-384" "$(ours signed384 sha384)" "${want:-none}"
	check "$more more bytes: --verify" exits 0 --verify=root.pem signed384
done

# --verify: who
sbsign --key leaf.key --cert leaf.pem --addcert root.pem --output signed image > /dev/null 2>&1
check "--verify=SIGNER" exits 0 --verify=leaf.pem signed
check ".. said" shows "verified: yes"
check "--verify=SIGNER in DER" exits 0 --verify=leaf.der signed
check "--verify=ISSUER" exits 0 --verify=root.pem signed
check "--verify=OTHER of the same name: exit 1" exits 1 --verify=other.pem signed
check ".. said" shows "verified: NO"
check ".. on standard error too" grep -qF "signed: no good signature by the certificate in other.pem" err
check "unsigned: exit 1" exits 1 --verify=root.pem image
check "no certificate file: exit 2" exits 2 --verify=missing signed
check "the chain" exits 0 --json signed
is "the chain: subjects" "$(jq -c '[.layers[0].pe.signatures[0].chain[].subject]' out)" \
	'["CN=leaf,O=Test","CN=root"]'
is "the chain: serial" "$(jq -r '.layers[0].pe.signatures[0].chain[0].serial | ascii_upcase' out)" \
	"$(openssl x509 -in leaf.pem -noout -serial | sed 's/.*=//')"
is "the chain: fingerprint" "$(jq -r '.layers[0].pe.signatures[0].chain[1].sha256' out)" \
	"$(openssl x509 -in root.pem -outform DER | sha256sum | cut -d' ' -f1)"
is "the chain: valid until" "$(jq -r '.layers[0].pe.signatures[0].chain[1].not_after' out)" \
	"$(date -u -d "$(openssl x509 -in root.pem -noout -enddate | sed 's/.*=//')" +%Y-%m-%dT%H:%M:%SZ)"

# Several signatures
sign other signed twice
check "two signatures: the first" exits 0 --verify=leaf.pem twice
check "two signatures: the second" exits 0 --verify=other.pem twice
check "two signatures: --json" exits 0 --json twice
is "two signatures: both are good" "$(jq -c '[.layers[0].pe.signatures[].verdict]' out)" '["good","good"]'

# A changed byte
is_changed() { # FILE OFF: the byte there becomes another
	cp signed "$1"
	byte=$(od -A n -t u1 -j $(($2)) -N 1 signed)
	# shellcheck disable=SC2059
	printf "$(printf '\\%03o' $((byte ^ 1)))" | dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}
certs=$(get signed $((0x58 + 144)))
for off in 0x10 0x44 0x400 0xa00 $((certs - 1)); do
	is_changed bad "$off"
	check "a changed byte at $off: exit 1" exits 1 --verify=root.pem bad
	check "a changed byte at $off: sbverify agrees" sh -c '! sbverify --cert root.pem bad'
done
exits 0 --json bad
is "a changed byte: the verdict" "$(jq -r '.layers[0].pe.signatures[0].verdict' out)" other-bytes
# The checksum is not covered.
is_changed bad $((0x58 + 64))
check "a changed checksum: exit 0" exits 0 --verify=root.pem bad
check "a changed checksum: sbverify agrees" sbverify --cert root.pem bad
# In the signature itself, not in what it is over
is_changed bad $(($(stat -c %s signed) - 16))
check "a changed signature: exit 1" exits 1 --verify=root.pem bad
exits 0 --json bad
is "a changed signature: the verdict" "$(jq -r '.layers[0].pe.signatures[0].verdict' out)" bad

# Real ones
vmlinuz=$(find "$cache"/kernel-6.12 -name vmlinuz 2> /dev/null | sort -V | tail -n 1)
ukify=$(find "$cache"/ukify/*/bin -name ukify 2> /dev/null | sort -V | tail -n 1)
if [ -n "$vmlinuz" ] && [ -n "$ukify" ]; then
	head -c 100001 /dev/urandom > initrd
	head -c 5003 /dev/urandom > ucode
	"$ukify" build --profile=ID=one --cmdline=one --output=one > /dev/null 2>&1
	"$ukify" build --linux="$vmlinuz" --initrd=initrd --microcode=ucode --cmdline="console=ttyS0 quiet" \
		--uname=6.12.1 --join-profile=one --output=uki > /dev/null 2>&1
	sign leaf uki uki.signed
	check "ukify's UKI: --verify" exits 0 --json --verify=root.pem uki.signed
	is "ukify's UKI: osslsigncode has the same digest" \
		"$(jq -r .layers[0].pe.authenticode.sha256 out)" "$(osslsigncodes uki.signed)"
	is "ukify's UKI: what is used" \
		"$(jq -c '[.layers[0].pe.sections[] | select(.use) | [.name, .use]]' out)" \
		'[[".cmdline","cmdline"],[".linux","kernel"],[".initrd","initrd"],[".ucode","initrd"]]'
	is "ukify's UKI: the kernel" "$(jq -r .kernel.sha256 out)" "$(sha256sum < "$vmlinuz" | cut -d' ' -f1)"
	if osslsigncode verify -in "$vmlinuz" 2>&1 | grep -q '^Calculated'; then
		is "the kernel inside: osslsigncode has the same digest" \
			"$(jq -r .layers[1].pe.authenticode.sha256 out)" "$(osslsigncodes "$vmlinuz")"
		is "the kernel inside: its signature is good" \
			"$(jq -r .layers[1].pe.signatures[0].verdict out)" good
	fi
else
	skip "ukify's UKI" "no kernel or no ukify in $cache: tests/setup/fetch"
fi
tap_done
