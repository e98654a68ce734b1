"""Rules of drawing, scoring and ranking: standard library only, no I/O, no clock of its own."""
