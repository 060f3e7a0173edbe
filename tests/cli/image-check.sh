#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec-image check: what it says, and the exit code that pipelines act on.
#
# Environment: top_srcdir; builddir, with kexec-image and the parser programs.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${builddir:-.}
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

tool=$builddir/kexec/kexec-image
corpus=$top_srcdir/tests/fuzz/corpus/image
uki_bpf=$builddir/bpf/progs/uki.bpf
[ -e "$uki_bpf" ] || skip_all "kexec-image check" "the parser programs were not built: no clang"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# run NAME EXIT-CODE LINE ARGUMENT...: standard output is that line.
run() {
	name=$1 code=$2 line=$3
	shift 3
	got=$("$tool" check "$@" 2>"$dir/stderr")
	is "$name: exit code" "$?" "$code"
	is "$name: what it says" "$got" "$line"
}

"$builddir/tests/unit/test-agree" --write 0 "$dir/uki" 2> /dev/null ||
	skip_all "kexec-image check" "the unit tests were not built: no cmocka"
cp "$corpus/bzimage" "$dir/bzimage"
echo "no image at all, but long enough to be one, if it were not for its contents" > "$dir/text"
inline=$builddir/tests/bpf/inline.bpf
not_mine=$builddir/tests/bpf/not-mine.bpf
equal="equal: kernel 1536 bytes, initrd 0, command line 0"

run "a good image" 0 "$dir/uki: $equal" "$dir/uki"
run "with a detached program" 0 "$corpus/uki: equal: kernel 1864 bytes, initrd 15, command line 19" \
	--parser="$uki_bpf" "$corpus/uki"
run "without program" 2 "$corpus/uki: carries no parser program (section .bpf)" "$corpus/uki"
run "bytes differ" 1 "$dir/bzimage: DIFFERENT: initrd at byte 0: nothing for the parsers (of 0 bytes), 0x69 for the program (of 14)" \
	--parser="$inline" "$dir/bzimage"
run "only the parsers" 1 "$dir/bzimage: ONLY THE PARSERS accept it: parser program: it does not recognise the image" \
	--parser="$not_mine" "$dir/bzimage"
run "both refuse" 2 "$dir/text: both refuse it: no known kernel format; parser program: it does not recognise the image" \
	--parser="$not_mine" "$dir/text"
run "no such file" 2 "" "$dir/nothing"
run "no such program" 2 "" --parser="$dir/nothing" "$dir/uki"
run "--parser=none" 2 "" --parser=none "$dir/uki"
run "--parser=auto" 0 "$dir/uki: $equal" --parser=auto "$dir/uki"
run "no file" 2 ""
run "unknown option" 2 "" --strange "$dir/uki"

run "the worst counts: 2 before 0" 2 "$dir/uki: $equal
$corpus/uki: carries no parser program (section .bpf)" "$dir/uki" "$corpus/uki"
"$tool" check --parser="$not_mine" "$dir/text" "$dir/bzimage" "$dir/text" > "$dir/out"
is "the worst counts: 1 in front of and behind 2" "$?" 1

"$tool" check --trace "$dir/uki" > "$dir/out" 2> "$dir/trace"
is "--trace leaves standard output alone" "$(cat "$dir/out")" "$dir/uki: $equal"
check "--trace tells calls" grep -q "bpf_parser_read(buffer 0, offset 0x3c, 4 bytes): 0" "$dir/trace"
check "--trace tells commands" grep -q "command COPY kernel(30 bytes of payload): 0" "$dir/trace"
check "--trace tells the end" grep -q "program returned 0, after DONE" "$dir/trace"

"$tool" check --json "$dir/uki" "$dir/nothing" > "$dir/json" 2> /dev/null
is "--json: exit code" "$?" 2
check "--json: verdict" grep -q '"verdict": "equal"' "$dir/json"
check "--json: error" grep -q '"error": "cannot open: No such file or directory"' "$dir/json"
if command -v python3 > /dev/null; then
	check "--json is JSON" python3 -c 'import json, sys; a = json.load(open(sys.argv[1])); sys.exit(len(a) != 2)' "$dir/json"
	strange=$(printf '%s/na"me\\\n\033[2J\303\251' "$dir")
	cp "$dir/uki" "$strange"
	"$tool" check --json "$strange" > "$dir/json"
	check "--json with a strange name" python3 -c 'import json, sys; a = json.load(open(sys.argv[1])); sys.exit(not a[0]["file"].endswith("na\"me\\\n\x1b[2J\xe9"))' "$dir/json"
	run "a strange name" 0 "$dir/na\"me\\\\\\n\\x1b[2J\\xc3\\xa9: $equal" "$strange"
else
	skip "--json is JSON" "python3 is not installed"
fi
digest=$(sha256sum < "$dir/bzimage" | cut -d' ' -f1)
if "$tool" check --json --parser="$inline" "$dir/bzimage" > "$dir/json"; then :; fi
# Indented for people: on one line for grep.
tr -d '\n' < "$dir/json" | sed 's/  *//g' > "$dir/line"
if grep -q sha256 "$dir/line"; then
	check "--json: digests" grep -q "\"kernel\":{\"size\":1536,\"sha256\":\"$digest\"}" "$dir/line"
else
	skip "--json: digests" "built without libcrypto"
fi
check "--json: where they differ" grep -q '"difference":{"part":"initrd","offset":0,"bytes":\[null,105\]}' "$dir/line"
tap_done
