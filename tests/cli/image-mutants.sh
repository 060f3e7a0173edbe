#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Broken images of every format through the real programs, kexec-image inspect and extract
# and kexec --dry-run: they say yes or no, the same, within seconds, and leave nothing behind
# when they say no.
#
# Environment: top_srcdir; builddir, with both programs and the unit tests;
# KEXEC_TEST_IMAGE_MUTANTS: how many signed ones, 120 if unset; nearly as many others.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${builddir:-.}
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"

tool=$builddir/kexec/kexec-image
maker=$builddir/tests/unit/test-inspect
kexec=$builddir/kexec/kexec
corpus=$top_srcdir/tests/fuzz/corpus
wanted=${KEXEC_TEST_IMAGE_MUTANTS:-120}
[ -x "$maker" ] || skip_all "broken images" "the unit tests were not built: no cmocka"
# In memory where there is such a folder: every file written is synced, which takes its time.
dir=$(mktemp -d -p /dev/shm 2> /dev/null || mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# one FILE: 0 as it should be; how often they were accepted is in the folder
one() {
	mkdir "$dir/out"
	timeout 10 "$tool" inspect --json "$1" > "$1.json" 2> "$dir/err"
	inspected=$?
	planned=$inspected
	if [ -n "$with_kexec" ]; then
		timeout 10 "$kexec" -s -l --dry-run --cross-check=off "$1" > "$dir/plan" 2>> "$dir/err"
		planned=$?
	fi
	timeout 10 "$tool" extract -C "$dir/out" "$1" > "$dir/list" 2>> "$dir/err"
	extracted=$?
	left=$(find "$dir/out" -mindepth 1 | wc -l)
	hidden=$(find "$dir/out" -mindepth 1 -name '.*' | wc -l)
	listed=$(wc -l < "$dir/list")
	rm -r "$dir/out"
	bad=
	[ $inspected -le 1 ] || bad="inspect: exit $inspected"
	case $planned in 0 | 1 | 253 | 255) ;; *) bad="kexec: exit $planned" ;; esac
	[ $planned != 0 ] || [ $inspected = 0 ] || bad="kexec accepts what inspect refuses"
	[ $extracted -le 1 ] || bad="extract: exit $extracted"
	[ "$hidden" = 0 ] || bad="hidden files left"
	[ $extracted = 0 ] || [ "$left" = 0 ] || bad="refused, but $left files left"
	[ $extracted != 0 ] || [ "$left" = "$listed" ] || bad="$left files, $listed in the list"
	# What inspect refuses, extract must not take apart.
	[ $extracted != 0 ] || [ $inspected = 0 ] || bad="extract accepts what inspect refuses"
	[ $inspected = 0 ] || [ -s "$dir/err" ] || bad="refused without a reason"
	[ -z "$bad" ] || { echo "$1: $bad"; cat "$dir/err"; return 1; }
	accepted=$((accepted + (extracted == 0)))
}

total=0 accepted=0 with_kexec=
# mutants SEED-FILE HOW-MANY
mutants() {
	seed=${1##*/}
	mkdir "$dir/$seed"
	check "$seed: made" "$maker" --mutants "$1" "$dir/$seed" "$2"
	failed=
	n=0
	while [ -e "$dir/$seed/$n" ]; do
		one "$dir/$seed/$n" > "$dir/says" || failed="$failed$(cat "$dir/says")
"
		n=$((n + 1))
	done
	is "$seed: $n broken images" "$failed" ""
	total=$((total + n))
}

for name in signed-chain signed-sha384; do mutants "$corpus/inspect/$name" $((wanted / 2)); done
is "all of them were tried" "$total" $((wanted / 2 * 2))
with_kexec=yes
for file in "$corpus"/image/*; do mutants "$file" $((wanted / 24)); done
check "and those of all formats" test "$total" -ge $((wanted + wanted / 24 * 15))
# They are worth something only if both answers come often.
check "some were accepted ($accepted of $total)" test $((accepted * 10)) -ge "$total"
check "some were refused" test $(((total - accepted) * 10)) -ge "$total"
if command -v python3 > /dev/null; then
	check "the JSON of all of them is JSON" python3 -c '
import json, sys
n = 0
for name in sys.argv[1:]:
    assert json.load(open(name))["schema"] == 1, name
    n += 1
sys.exit(n == 0)' "$dir"/*/*.json
else
	skip "the JSON of all of them is JSON" "python3 is not installed"
fi
tap_done
