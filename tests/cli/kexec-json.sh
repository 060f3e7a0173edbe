#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kexec --json: is it JSON, does it say what the text says, and does kexec.8 document each
# member and no other?
set -u
: "${KEXEC:?}" "${top_srcdir:?}" "${builddir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "kexec --json" "the image is for x86_64"
command -v python3 > /dev/null || skip_all "kexec --json" "python3 is not installed"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/harness/lib.sh
. "$top_srcdir/tests/harness/lib.sh"
image=$top_srcdir/tests/fuzz/corpus/image/uki
machine=$top_srcdir/tests/sysroot/bios-512m
: > "$dir/keys"

# get FILE EXPRESSION: of the object j; notes the names of all members
get() {
	python3 - "$1" "$2" "$dir/keys" << 'END'
import json
import sys

j = json.load(open(sys.argv[1]))


def keys(value):
    """All names, at any depth."""
    if isinstance(value, list):
        return [k for v in value for k in keys(v)]
    if isinstance(value, dict):
        return list(value) + [k for v in value.values() for k in keys(v)]
    return []


with open(sys.argv[3], "a") as out:
    out.writelines(k + "\n" for k in keys(j))
print(eval(sys.argv[2]))
END
}

# parser_abi FILE: types of a kernel that runs detached parsers, as its BTF has them
parser_abi() {
	command -v clang > /dev/null || return
	echo 'enum kexec_parser_abi { KEXEC_PARSER_ABI_REF, KEXEC_PARSER_ABI_PLAIN,
		KEXEC_PARSER_ABI_DETACHED } abi;' > "$dir/abi.c"
	clang -target bpf -g -c -o "$1" "$dir/abi.c"
}

"$KEXEC" -s -l --dry-run --json "$image" --command-line='a "b\c' > "$dir/file" 2> "$dir/err"
is "-s --dry-run --json: exit" $? 0
is "nothing else is said" "$(cat "$dir/err")" ""
is "schema" "$(get "$dir/file" 'j["schema"]')" 1
is "layers" "$(get "$dir/file" '" ".join(j["load"]["layers"])')" "uki bzImage64"
is "call" "$(get "$dir/file" 'j["load"]["syscall"], j["load"]["route"], j["load"]["for"]')" \
	"('kexec_file_load', 'unpacked', 'reboot')"
is "command line" "$(get "$dir/file" 'j["load"]["cmdline"]')" 'a "b\c'
is "no more than loading" "$(get "$dir/file" 'j["unload"], j["then"]')" "(None, [])"
"$KEXEC" -s -l --dry-run "$image" > "$dir/text" 2> /dev/null
is "kernel: as the text says" \
	"kernel: $(get "$dir/file" '"%d bytes at %#x of %s, from %s" % tuple(j["load"]["kernel"][k] for k in ("size", "offset", "file", "origin"))')" \
	"$(grep '^kernel:' "$dir/text")"
is "initrd: as the text says" \
	"initrd: $(get "$dir/file" '"%d bytes at %#x of %s, from %s" % tuple(j["load"]["initrds"][0][k] for k in ("size", "offset", "file", "origin"))')" \
	"$(grep -m 1 '^initrd:' "$dir/text")"
is "flags: as the text says" "$(get "$dir/file" '"flags: %d" % j["load"]["flags"]')" \
	"$(grep -o '^flags: [0-9]*' "$dir/text")"

"$KEXEC" --dry-run --json -f -y "$image" > "$dir/force" 2> /dev/null
is "-f -y: what comes then" "$(get "$dir/force" 'j["then"]')" "['ifdown', 'exec']"
"$KEXEC" --dry-run --json -u > "$dir/unload"
is "-u" "$(get "$dir/unload" 'j["unload"], j["load"], j["then"]')" "('reboot', None, [])"
"$KEXEC" --dry-run --json -s -l /dev/null > "$dir/none" 2> "$dir/err"
is "a bad image: no JSON" "$(cat "$dir/none")" ""
check "a bad image: the reason" test -s "$dir/err"
"$KEXEC" --json -l "$image" > "$dir/none" 2> "$dir/err"
is "--json alone: exit" $? 1

if harness_works; then
	make_bzImage "$dir/vmlinuz"
	echo initrd > "$dir/initrd"
	set -- "$KEXEC" -c -l --dry-run "$dir/vmlinuz" --initrd="$dir/initrd"
	"$harness" --root="$machine" -- "$@" --json > "$dir/classic" 2> "$dir/err"
	is "-c: exit" $? 0
	is "-c: segments" "$(get "$dir/classic" '[s["name"] for s in j["load"]["segments"]]')" \
		"['kernel', 'initrd', 'setup', 'purgatory']"
	"$harness" --root="$machine" -- "$@" > "$dir/text" 2> /dev/null
	is "-c: places as the text says" "$(get "$dir/classic" '"\n".join("segment: %s, %#x to %#x, %d bytes loaded%s" % (s["name"], s["address"], s["address"] + s["memory"] - 1, s["size"], ", verified" if s["verified"] else "") for s in j["load"]["segments"])')" \
		"$(grep '^segment: ' "$dir/text")"
	is "-c: entry" "entry: $(get "$dir/classic" 'hex(j["load"]["entry"])')" "$(grep '^entry: ' "$dir/text")"
	"$harness" --root="$machine" -- "$KEXEC" -S -l --json > "$dir/status"
	is "-S: exit" $? 0
	is "-S" "$(get "$dir/status" 'j["for"], j["loaded"]')" "('reboot', False)"
	cp -r "$machine" "$dir/machine"
	mkdir -p "$dir/machine/sys/kernel/btf"
	if [ -f "$builddir/bpf/progs/uki.bpf" ] && parser_abi "$dir/machine/sys/kernel/btf/vmlinux"; then
		"$harness" --root="$dir/machine" -- "$KEXEC" -s -l --dry-run --json \
			--parser="$builddir/bpf/progs/uki.bpf" "$image" > "$dir/detached" 2> "$dir/err"
		is "--parser: exit" $? 0
		is "--parser" "$(get "$dir/detached" 'j["load"]["route"], j["load"]["detached"]["signed"], j["load"]["detached"]["file"]')" \
			"('detached', False, '$builddir/bpf/progs/uki.bpf')"
	else
		printf '%s\n' envelope signed >> "$dir/keys"
		skip "--parser" "no clang"
	fi
	copy_of_machine bios-8g "$dir/kho"
	mkdir -p "$dir/kho/sys/kernel/debug/kho/out"
	echo 0x40000000 > "$dir/kho/sys/kernel/debug/kho/out/scratch_phys"
	echo 0x1000000 > "$dir/kho/sys/kernel/debug/kho/out/scratch_len"
	"$harness" --root="$dir/kho" -- "$KEXEC" -S -l --json > "$dir/handover"
	is "handover" "$(get "$dir/handover" 'j["handover"]["active"], len(j["handover"]["scratch"])')" "(True, 1)"
	sed -n '/^\.Sh JSON$/,/^\.Sh FILES/s/^\.It Li //p' "$top_srcdir/kexec/kexec.8" > "$dir/manual"
	# Told of in one place with what they belong to.
	printf '%s\n' name address memory verified >> "$dir/manual"
	is "kexec.8 documents what there is" "$(sort -u "$dir/keys")" "$(sort -u "$dir/manual")"
else
	skip "-c" "no harness"
fi
tap_done
