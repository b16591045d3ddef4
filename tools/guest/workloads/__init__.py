# SPDX-License-Identifier: GPL-2.0-or-later
"""What tools/guest/bench can do: a module for each workload."""
