# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For scripts that tools/vm runs in a guest: tests, the driver, the load.
#
# From the suite: PCE_TOP, PCE_DRIVER and PCE_STRESS, the files of the modules.

set -euo pipefail
. "$PCE_TOP/tests/ktap.sh"

pce_debugfs=/sys/kernel/debug/pce
stress_debugfs=/sys/kernel/debug/pce_stress
# shellcheck disable=SC2034 # for those who source this
pci_driver=/sys/bus/pci/drivers/pce

# Seconds after which what is waited for will not come any more: only a failed
# test takes so long.
patience=${PCE_PATIENCE:-300}

# One small program for all of these: it starts three times as fast, which tells on the
# debug kernel, where the others take a second.
for applet in awk cat grep head insmod paste rmmod sed sort wc; do
	eval "$applet() { busybox $applet \"\$@\"; }"
done

# --- Tests ----------------------------------------------------------------

# check NAME COMMAND...: a test, which is COMMAND with `set -e`: what fails in
# it fails the test.  What it prints is shown either way.
check()
{
	local name=$1 output status

	shift
	set +e
	output=$(set -e; "$@" 2>&1 </dev/null)
	status=$?
	set -e
	[ -z "$output" ] || printf '%s\n' "$output" | sed 's/^/# /'
	if [ $status = 0 ]; then
		ktap_result ok "$name"
	else
		ktap_result 'not ok' "$name"
	fi
}

fail()
{
	echo "$*"
	return 1
}

# expect NUMBER OPERATOR NUMBER WHAT: compare as test(1) does.
expect()
{
	test "$1" "$2" "$3" || fail "$4: $1, should be $2 $3"
}

# wait_until WHAT COMMAND...
wait_until()
{
	local what=$1 deadline=$((SECONDS + patience))

	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || fail "$what: not in $patience s"
		read -rt 0.02 -u "$silence" || true
	done
}
# To wait without a process: a pipe that nobody writes to.
exec {silence}<> <(:)

# get VARIABLE FILE NAME: from a file of lines "NAME NUMBER".  Files of the kernel
# are read whole: `read` would have it make them anew for every line.  And there
# is no process made for it, which takes the debug kernel half a second.
get()
{
	local lines line

	mapfile -t lines <"$2"
	for line in "${lines[@]}"; do
		[ "${line%% *}" != "$3" ] || printf -v "$1" %s "${line#* }"
	done
}

# value FILE NAME: print it.
value()
{
	local found=

	get found "$1" "$2"
	echo "$found"
}

# exceeds FILE NAME NUMBER
exceeds()
{
	local found

	get found "$1" "$2"
	[ "$found" -gt "$3" ]
}

# --- The driver -----------------------------------------------------------

# load_driver [PARAMETER...]: and note the names of its algorithms.
load_driver()
{
	[ -e $driver_list ] || load_dependencies
	insmod_driver "$@"
	registered >$driver_list
}

# With a watchdog that leaves a busy host its time.
insmod_driver()
{
	insmod "$PCE_DRIVER" timeout_ms=60000 "$@"
}

# Software that the driver falls back to, where it is not built in.
software=(des_generic chacha_generic poly1305_generic chacha20poly1305 ccm gcm cmac
	xcbc cts lrw essiv authenc authencesn xts ghash-generic sm3_generic sm4_generic)

# insmod asks for what it needs to be there.  The kernel starts modprobe twice for
# each name of an algorithm that it does not know yet, which takes a slow guest half
# a minute: it gets all at once.  Debian's kernel has not all of it.
load_dependencies()
{
	# shellcheck disable=SC2046 # several modules
	modprobe -a -q $(modinfo -F depends "$PCE_DRIVER" | tr , ' ') "${software[@]}" ||
		true
	echo >/proc/sys/kernel/modprobe
}

# Names of the algorithms that the driver registered when it was loaded last.
driver_list=/run/pce-drivers

# Entries of /proc/crypto get lost while the list changes, as it does when
# software that is to be compared with comes to it: until it rests.
registered()
{
	local names='' before=none

	until [ "$names" = "$before" ]; do
		before=$names
		names=$(awk '$1 == "driver" && $3 ~ /-pce$/ { print $3 }' /proc/crypto |
			sort -u)
	done
	echo "$names"
}

unload_driver()
{
	rmmod pce
}

# After a failed test, for the next one.
clean_up()
{
	if [ -e $stress_debugfs/stop ]; then
		echo 1 >$stress_debugfs/stop
		rmmod pce_stress
	fi
	if [ -d /sys/module/pce ]; then
		rmmod pce
	fi
}

# counter NAME: one of the whole driver.
counter()
{
	value $pce_debugfs/counters "$1"
}

# device_counter NAME [DEVICE]: one of the first or a given device.
device_counter()
{
	value "$pce_debugfs/${2:-$(first_device)}/counters" "$1"
}

# Requests for which no device was asked.
fallbacks()
{
	local lines line sum=0

	mapfile -t lines <$pce_debugfs/counters
	for line in "${lines[@]}"; do
		[ "${line#fallback_}" = "$line" ] || sum=$((sum + ${line#* }))
	done
	echo $sum
}

# PCI addresses of the devices that are there.
devices()
{
	local directory vendor device

	for directory in /sys/bus/pci/devices/*; do
		read -r vendor <"$directory/vendor"
		read -r device <"$directory/device"
		if [ "$vendor $device" = '0x1234 0x1ce0' ]; then
			echo "${directory##*/}"
		fi
	done
}

first_device()
{
	local found

	mapfile -t found < <(devices)
	echo "${found[0]}"
}

# algorithms FIELD: from /proc/crypto, every value that our algorithms have there.
algorithms()
{
	awk -v field="$1" '$1 == "driver" { ours = $3 ~ /-pce$/ }
			   $1 == field && ours { print $3 }' /proc/crypto | sort -u
}

self_test_failed()
{
	dmesg | grep 'alg: self-tests for .*-pce.* failed'
}

# What was read once of /proc/crypto need not be there at the next look: entries
# get lost while the list changes.  So what has passed is kept.  A larval, which
# stands for an algorithm while that is tested, calls itself tested.
self_tests_over()
{
	local left

	awk '$1 == "driver" { driver = $3 }
	     $1 == "selftest" { selftest = $3 }
	     $1 == "type" && $3 != "larval" && selftest == "passed" { print driver }' \
		/proc/crypto >>$passed_list
	{ left=$(comm -23 $driver_list <(sort -u $passed_list)) && [ -z "$left" ]; } ||
		self_test_failed >/dev/null
}

passed_list=/run/pce-passed

# The tests go on for a while after the algorithms were registered.
self_tests_passed()
{
	: >$passed_list
	wait_until 'the self-tests' self_tests_over
	! self_test_failed
}

# --- The load -------------------------------------------------------------

# stress_start [PARAMETER...]: see tests/modules/stress/main.c. Of all algorithms,
# if the parameters do not say drivers=.
stress_start()
{
	insmod "$PCE_STRESS" drivers="$(paste -s -d , $driver_list)" \
		seed="${PCE_SEED:-0}" keeps_iv=1 "$@"
}

# Wait for its end; the result is in the file stress_result then.
stress_result=/run/stress-result
# shellcheck disable=SC2034 # forged messages of all loads so far
forged=0

stress_finish()
{
	cat $stress_debugfs/result >$stress_result
	rmmod pce_stress
	forged=$((forged + $(stressed forged)))
	if ! grep -q '^result pass' $stress_result; then
		cat $stress_result
		dmesg | grep 'pce_stress: [a-z]*: ' | tail -n 20
		return 1
	fi
}

stress_stop()
{
	echo 1 >$stress_debugfs/stop
	stress_finish
}

# stress [PARAMETER...]: from the start to the end.
stress()
{
	stress_start "$@"
	stress_finish
}

# stressed NAME: a counter of the last load.
stressed()
{
	value $stress_result "$1"
}

# stressing NAME: a counter of the running load.
stressing()
{
	value $stress_debugfs/counters "$1"
}
