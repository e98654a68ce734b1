"""What `doctor` says of an installation beside its files."""

from dataclasses import replace

from app.services.installation import examine
from tests.app.services.whole_case import WholeCase


def test_committees_of_one_machine_are_right_in_a_demonstration_only(tmp_path):
    settings = WholeCase(tmp_path).through("found publish").platform.settings

    def said(demo):
        found = examine(replace(settings, demo=demo))
        return [(f.healthy, f.facts["count"]) for f in found if f.code == "doctor_committee_m0"]

    assert said(True) == [(True, "1")]
    assert said(False) == [(False, "1")]
