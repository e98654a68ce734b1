"""Bidding rules. Pure: facts in, facts or a refusal out; no I/O, no clock of their own."""
