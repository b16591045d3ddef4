# SPDX-License-Identifier: GPL-2.0-or-later
"""Sphinx configuration: `make docs`."""

project = "PCI Crypto Engine"
author = "the pce authors"
copyright = author
root_doc = "index"
extensions = []
exclude_patterns = ["_build"]
highlight_language = "none"
nitpicky = True
html_theme = "alabaster"
html_show_sphinx = False
