"""Tenderhall: every procurement is a case file that anyone entitled can replay. See docs/architecture.md."""
