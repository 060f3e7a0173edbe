# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# TAP for shell tests: ok/not_ok lines, a plan at the end, exit status 1 on failure.
# Source it, call the functions, end with "tap_done".

tap_n=0 tap_bad=0

# check NAME COMMAND...: the command must succeed.
check() {
	tap_name=$1
	shift
	tap_n=$((tap_n + 1))
	if tap_output=$("$@" 2>&1); then
		echo "ok $tap_n - $tap_name"
	else
		echo "not ok $tap_n - $tap_name"
		printf '%s\n' "command: $*" "$tap_output" | sed 's/^/# /'
		tap_bad=1
	fi
}

# is NAME GOT WANTED
is() {
	tap_n=$((tap_n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tap_n - $1"
	else
		echo "not ok $tap_n - $1"
		printf 'got:    %s\nwanted: %s\n' "$2" "$3" | sed 's/^/# /'
		tap_bad=1
	fi
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

skip_all() {
	echo "ok 1 - $1 # SKIP $2"
	echo "1..1"
	exit 0
}

tap_done() {
	echo "1..$tap_n"
	exit "$tap_bad"
}
