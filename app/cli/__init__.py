"""The command line: every command of `tenderhall`, each explained by --help."""

RARELY = (20_000, 50, 50)  # thresholds of the garbage collector, for programs that first of all import much
