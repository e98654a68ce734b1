"""Refusals of bidding rules: the same `RuleViolation` that the evaluation rules raise."""

from evaluation.errors import RuleViolation

__all__ = ["RuleViolation"]
