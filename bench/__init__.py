"""Figures, each with a peer measured in the same run: `python -m bench [NAME ...]` prints one line per figure."""
