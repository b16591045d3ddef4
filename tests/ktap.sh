# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For suites written in shell: print KTAP.

ktap_number=0
ktap_failed=0

# ktap_begin N: N tests follow.
ktap_begin()
{
	printf 'KTAP version 1\n1..%d\n' "$1"
}

ktap_result()
{
	ktap_number=$((ktap_number + 1))
	[ "$1" = ok ] || ktap_failed=$((ktap_failed + 1))
	printf '%s %d %s\n' "$1" "$ktap_number" "$2"
}

# ktap_test NAME COMMAND...: a test that passes if COMMAND does; what COMMAND
# says is shown if it fails.  COMMAND may be a function: `set -e` is off in it.
ktap_test()
{
	local name=$1 output

	shift
	if output=$("$@" 2>&1 </dev/null); then
		ktap_result ok "$name"
	else
		[ -z "$output" ] || printf '%s\n' "$output" | sed 's/^/# /'
		ktap_result 'not ok' "$name"
	fi
}

ktap_skip()
{
	ktap_result ok "$1 # SKIP $2"
}

# The suite's exit status.
ktap_end()
{
	[ "$ktap_failed" = 0 ]
}
