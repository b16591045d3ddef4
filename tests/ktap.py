# SPDX-License-Identifier: GPL-2.0-or-later
"""A strict reader of KTAP and TAP.

What a lenient reader forgives hides failures: here a missing plan, a number
out of sequence, fewer results than planned and "Bail out!" each count as one
failed test.  Lines that are not KTAP are diagnostics and pass by.

Tests nest by indentation.  A result line that follows a nested level sums that
level up and is no test of its own, unless it failed where none of its subtests
did.

KUnit gives no plan for the parameters of a test.  There, and nowhere else, the
result line of the test, under the name that its parameters were announced with,
does for it.
"""

import re

VERSION = re.compile(r'(KTAP version 1|TAP version 1[34])$')
PLAN = re.compile(r'1\.\.(\d+)( *# *SKIP\b.*)?$', re.IGNORECASE)
SUBTEST = re.compile(r'# Subtest: (.+)$')
RESULT = re.compile(r'(ok|not ok) +(\d+)(?: +(?:- +)?(.*))?$')
DIRECTIVE = re.compile(r'(?:^| )# *(SKIP|TODO)\b', re.IGNORECASE)
BAIL_OUT = re.compile(r'Bail out!')


class Level:
    """One level of nesting: a plan and the results so far."""

    def __init__(self, indent):
        self.indent = indent
        self.plan = None
        self.name = None        # of the test whose subtests these are
        self.results = 0
        self.failed = 0


class Reader:
    """Feed it lines, then call finish(); passed, failed and skipped count."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.errors = []
        self.failures = []
        self._levels = []
        self._closed = None     # the nested level that the next result sums up

    def feed(self, line):
        line = line.rstrip()
        text = line.lstrip(' ')
        indent = len(line) - len(text)
        for pattern, handle in ((VERSION, self._version), (PLAN, self._plan),
                                (SUBTEST, self._subtest), (RESULT, self._result),
                                (BAIL_OUT, self._bail_out)):
            match = pattern.match(text)
            if match:
                handle(self._level(indent), match)
                return

    def finish(self):
        while self._levels:
            self._close()
        self._forget()
        if not self.passed + self.failed + self.skipped:
            self.error('no test results')

    def error(self, what):
        """Something is wrong that no test says: count it as a failed one."""
        self.failed += 1
        self.errors.append(what)

    def _level(self, indent):
        while self._levels and self._levels[-1].indent > indent:
            self._close()
        if not self._levels or self._levels[-1].indent < indent:
            self._forget()
            self._levels.append(Level(indent))
        return self._levels[-1]

    def _close(self):
        self._forget()
        level = self._levels.pop()
        if level.plan is None:
            if not level.name or not self._levels:
                self._level_error(level, 'results without a plan')
                level.name = None
        elif level.results != level.plan:
            self._level_error(level, f'{level.plan} tests planned, {level.results} seen')
        if self._levels:
            self._levels[-1].failed += level.failed
        self._closed = level

    def _forget(self, name=None):
        """What was closed last will have no result, or has that of this name."""
        level, self._closed = self._closed, None
        if level and level.plan is None and level.name and level.name != name:
            self._level_error(level, 'results without a plan')
        return level

    def _level_error(self, level, what):
        level.failed += 1
        self.error(what)

    def _version(self, level, match):
        pass

    def _subtest(self, level, match):
        level.name = match[1]

    def _plan(self, level, match):
        if level.plan is not None:
            self._level_error(level, 'a second plan')
        level.plan = int(match[1])
        if match[2]:
            self.skipped += 1

    def _result(self, level, match):
        name = match[3] or ''
        subtests = self._forget(name)
        level.results += 1
        if int(match[2]) != level.results:
            self._level_error(level, f'result {match[2]} where {level.results} was due: {name}')
        if match[1] == 'not ok':
            if not (subtests and subtests.failed):
                level.failed += 1
                self.failed += 1
            self.failures.append(name)
        elif subtests:
            if subtests.failed:
                self._level_error(level, f'"ok" over failed subtests: {name}')
        elif DIRECTIVE.search(name):
            self.skipped += 1
        else:
            self.passed += 1

    def _bail_out(self, level, match):
        self._level_error(level, match.string)
