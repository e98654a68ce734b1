"""A file under a pass phrase that another tool made, at whatever work factor this machine's speed led it to."""

import pyrage

from app.client.passphrase import open_under


def test_a_foreign_file_opens():
    assert open_under("correct horse", pyrage.passphrase.encrypt(b"theirs", "correct horse")) == b"theirs"
