#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Does kexec.8 document what kexec --help lists, and nothing else? Every option,
# with its letter and the name of its argument, on both architectures.
#
# Environment: KEXEC; top_srcdir; builddir, where tests/unit/test-options prints
# the help of an architecture that this machine may not have.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${builddir:-.}
KEXEC=${KEXEC:-$builddir/kexec/kexec}
manual=$top_srcdir/kexec/kexec.8
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0 failed=0

result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# "  -t, --type=TYPE   text" becomes "-t, --type=TYPE"
help_options() {
	sed -nE 's/^  (-.,|   ) (--[^ ]+) .*/\1 \2/p' "$1" | sed 's/^ *//' | LC_ALL=C sort
}

# ".It Fl t , Fl -type Ns = Ns Ar TYPE" becomes the same, for what is common to
# all architectures and what is said in "Options of ARCH".
man_options() {
	awk -v arch="$1" '
		/^\.S[hs] /             { here = 0 }
		/^\.Sh/                 { options = $2 == "OPTIONS" }
		/^\.Ss/ && options      { here = $2 != "Options" || $4 == arch }
		here && /^\.It Fl/' "$manual" |
		sed -e 's/^\.It //' -e 's/ Ns = Ns Ar /=/' -e 's/ , /, /' -e 's/Fl /-/g' |
		LC_ALL=C sort
}

# compare ARCH HELP-FILE WHAT
compare() {
	help_options "$2" > "$dir/help"
	man_options "$1" > "$dir/man"
	: > "$dir/diff"
	# Two empty lists would be equal too.
	grep -q -e '^-l, --load$' "$dir/help" && grep -q -e '^--initrd=FILE$' "$dir/help" &&
		diff "$dir/help" "$dir/man" > "$dir/diff"
	status=$?
	[ $status -eq 0 ] || sed 's/^</# only in --help:/; s/^>/# only in kexec.8:/' "$dir/diff"
	result $status "$3"
}

case $(uname -m) in
x86_64) here=x86_64 ;;
aarch64) here=arm64 ;;
*) here= ;;
esac
if [ -n "$here" ]; then
	"$KEXEC" --help > "$dir/text"
	result $? "kexec --help succeeds"
	compare "$here" "$dir/text" "kexec --help and kexec.8 agree"
fi

for arch in x86_64 arm64; do
	what="the help for $arch and kexec.8 agree"
	if [ -x "$builddir/tests/unit/test-options" ]; then
		"$builddir/tests/unit/test-options" --help-of $arch > "$dir/text"
		compare $arch "$dir/text" "$what"
	else
		n=$((n + 1))
		echo "ok $n - $what # SKIP test-options is not built"
	fi
done
# by_errno ERRNO|..: lines that begin with these, without what follows
by_errno() {
	sed -E "s/^($1) .*/\1/"
}

# What is printed about a refused image, and the table of that in kexec.8. Where facts
# decide about the words, the manual has more of them, and the errno only is looked for.
# explained FILE AT-LEAST HEADING [ERRNO|..]: the .Sh or .Ss line that the table stands
# below; with those errnos
explained() {
	tr -d '\n\t' < "$top_srcdir/kexec/$1" |
		grep -oE '\{ [A-Z_]*E[A-Z0-9]+, "E[A-Z0-9]+",[^}]*\}' |
		sed -E 's/^\{ [A-Z0-9_]+, "(E[A-Z0-9]+)",[^"]*"?/\1 /; s/" *"//g; s/"? *\}$//' |
		by_errno "${4-NONE}" > "$dir/says"
	awk -v heading="$3" '
		/^\.S[hs]/       { if (on && line) print line; line = ""; on = $0 == heading }
		/^\.(El|It Er)/  { if (on && line) print line; line = "" }
		!on              { next }
		/^\.It Er/       { line = $3; next }
		line && /^\.Fl/  { sub(/^\.Fl /, "-"); sub(/ \.$/, ".") }
		line             { sub(/^\.Nm /, ""); sub(/ Cm /, " "); line = line " " $0 }
	' "$manual" | sed 's/\.$//' | by_errno "${4-NONE}" > "$dir/told"
	for file in says told; do
		tr '[:upper:]' '[:lower:]' < "$dir/$file" | LC_ALL=C sort > "$dir/$file.sorted"
	done
	[ "$(wc -l < "$dir/says")" -ge "$2" ] &&
		diff "$dir/says.sorted" "$dir/told.sorted" > "$dir/diff"
	status=$?
	[ $status -eq 0 ] || sed 's/^/# /' "$dir/diff"
	result $status "kexec.8 has what $1 prints about refused images"
}
explained explain-whole.c 10 '.Sh REFUSED IMAGES'
explained explain-detached.c 12 '.Ss With a detached parser'
explained explain.c 20 '.Ss Of any kernel' 'EPERM|EACCES|EINVAL|ENOEXEC'
# The errors that our series lists in its kernel/kexec_bpf.h.
sed -n -E 's/^\+ \*   -(E[A-Z0-9]+) .*/\1/p' "$top_srcdir"/bpf/kernel/linux-6.12/*.patch |
	LC_ALL=C sort -u > "$dir/kernel"
sed -n '/^\.Sh REFUSED IMAGES/,/^\.Sh EXIT/s/^\.It Er //p' "$manual" | LC_ALL=C sort -u > "$dir/manual"
[ "$(wc -l < "$dir/kernel")" -ge 15 ] && LC_ALL=C comm -23 "$dir/kernel" "$dir/manual" > "$dir/diff" &&
	[ ! -s "$dir/diff" ]
status=$?
[ $status -eq 0 ] || sed 's/^/# /' "$dir/diff"
result $status "kexec.8 has every error that the kernel series names"
echo "1..$n"
exit $failed
