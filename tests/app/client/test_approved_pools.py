"""A trustee's program signs a draw of the pool that the agency's supervisor approved, and of no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluation.draw import candidates_sha256
from tests.app.client.test_trustee import POOL, WORLD, due, folders, published, stated, trustee  # noqa: F401


@pytest.mark.parametrize(
    ("sha256", "by", "outcome"),
    [
        (candidates_sha256(POOL), "releaser", []),
        ("0" * 64, "releaser", ["trustee_statement_differs"]),
        (candidates_sha256(POOL), "stranger", ["trustee_act_unverified"]),
    ],
)
def test_a_pool_is_signed_as_the_agency_approved_it(trustee, sha256, by, outcome):  # noqa: F811
    pool = {"candidates_sha256": sha256, "candidates_count": len(POOL), "sizes": {"s/host": 9}}
    approved = WORLD.event("DrawConditionsApproved", {"conditions_sha256": "c" * 64, "pool": pool}, by=by)
    shares, refused = due(trustee, [*published(trustee), approved, *stated(trustee)])
    assert (len(shares), refused) == (0 if outcome else 1, outcome)


def test_a_rule_book_that_has_pools_approved_lets_none_be_drawn_from_without(trustee):  # noqa: F811
    world = replace(WORLD, profile={"pool_shrinkage_percent": 20})
    events = [*world.published(trustee.committee.describe()), *stated(trustee)]
    assert due(replace(trustee, roots=world.roots), events, world=world) == ([], ["trustee_statement_differs"])
