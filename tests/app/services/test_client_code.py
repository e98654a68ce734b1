"""Whatever seals bids here is in the register by its hash, once, so that anybody finds what a submission names."""

from app.casefile.register import REGISTER
from app.client.bidder import code_sha256, sealing_program
from app.config import Settings
from app.queries.cases import load_records
from app.services.installation import prepare_installation
from app.services.platform import read_assets


def test_the_page_and_the_program_are_entered_once(tmp_path):
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'test.db'}", "test.example", "http://127.0.0.1")
    for _start in range(2):
        platform = prepare_installation(settings, "交易中心", sealing_program())
    with platform.database.reading() as db_session:
        facts = [r.payload for r in load_records(db_session, REGISTER) if r.type == "ClientCodePublished"]
    page = {"seal_worker.js"} & set(read_assets())
    assert len(facts) == 1 + len(page)
    assert code_sha256() in {fact["bundle_sha256"] for fact in facts}
