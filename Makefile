# SPDX-License-Identifier: GPL-2.0-or-later
#
# For people.  The kernel builds by Kbuild.

SHELL := /bin/bash
SUITES ?=
QUICK ?=

help:
	@echo 'make run            boot a guest with the engine and show it at work'
	@echo 'make check          run every test suite; SUITES="unit kunit" picks some'
	@echo 'make night          the long versions, and QEMU under sanitizers: some hours'
	@echo 'make bench          measure it beside others, 40 minutes; QUICK=1 takes three'
	@echo 'make shell          a prompt in a guest with the engine'
	@echo 'make docs           the documentation as HTML, in build/docs'
	@echo 'make clean          remove what was built or fetched (the cache directory)'

run:
	@tools/demo

check:
	@tests/run $(SUITES)

night:
	@tests/run --night $(SUITES)

bench:
	@tools/bench $(if $(QUICK),--quick)

shell:
	@tools/vm --shell

docs:
	@tools/packages docs
	@/usr/bin/sphinx-build -W -q -b html Documentation build/docs
	@echo "build/docs/index.html"

clean:
	@. tools/lib.sh && say "removing $$CACHE" && rm -rf "$$CACHE"

.PHONY: help run check night bench shell docs clean
