# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For suites that fuzz: source it after tools/lib.sh and tests/ktap.sh.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=$CACHE/fuzz/
mkdir -p "$failed" "$work/new"

# libFuzzer's seed.  A suite without arguments, as make check runs it, has a fixed one:
# what it finds is the doing of what has changed.  One that is told for how long makes
# other inputs each time (0).
seed=1
[ $# = 0 ] || seed=0

# inputs DIR...: how many there are
inputs()
{
	find "$@" -type f | wc -l
}

# numbers: what libFuzzer says at the end
numbers()
{
	grep -E '(INITED|DONE) +cov:|^Done ' "$work/log" | sed 's/^/# /'
}

# input FILE: what to type for a file like it, where nothing but the log is left
input()
{
	[ ! -s "$1" ] || sed 's/^/#   /' <<-EOF
		base64 -d >$(basename "$1") <<END
		$(base64 "$1")
		END
	EOF
}

# fuzz NAME COMMAND...: one test.  An input that fails is kept and printed, and the test
# says how to run it again: COMMAND without options.
fuzz()
{
	local name=$1 words=() word unit

	shift
	if "$@" -seed="$seed" -artifact_prefix="$failed" >"$work/log" 2>&1; then
		numbers
		ktap_result ok "$name"
		return
	fi
	grep -v '^#[0-9]' "$work/log" | tail -n 60 | sed 's/^/# /'
	for word; do
		[[ $word = -* || $word = "$work"* || -d $word ]] || words+=("$word")
	done
	sed -n 's|.*Test unit written to ||p' "$work/log" | while read -r unit; do
		echo "# again: ${words[*]} $unit"
		input "$unit"
	done
	ktap_result 'not ok' "$name"
}

# finds NAME COMMAND...: one test, which passes if COMMAND comes upon an input that fails
finds()
{
	local name=$1

	shift
	# That it was aborted is what the shell would say
	if ! { "$@" -artifact_prefix="$work/" >"$work/log" 2>&1; } 2>/dev/null &&
		grep -q 'Test unit written to' "$work/log"; then
		ktap_result ok "$name"
	else
		tail -n 20 "$work/log" | sed 's/^/# /'
		ktap_result 'not ok' "$name"
	fi
}
