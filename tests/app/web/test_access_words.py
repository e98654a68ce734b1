"""Whatever an inspector reads for a stated reason stands in the list of readings in words."""

from app.permissions.policy import POLICY
from app.web.names import ACCESSES


def test_every_reading_for_a_reason_has_a_name():
    asked = {str(action) for action, grants in POLICY.items() if any(grant.reason for grant in grants)}
    assert asked
    assert asked - ACCESSES.keys() == set()
