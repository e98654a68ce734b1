"""The case file as a pure thing: which facts exist, how they are written, replayed, bundled and verified."""
