"""The command line: every command of `tenderhall`, each explained by --help."""
