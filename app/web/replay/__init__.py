"""Recordings of the sites of a sitting: what there is of them, and how the authority looks at them."""
