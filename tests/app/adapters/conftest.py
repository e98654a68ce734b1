"""The two stores, behind the one protocol: a folder, and a bucket of an S3 server on this machine."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.adapters.blobs import BlobStore, FolderStore
from app.adapters.object_store import ObjectStore


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server whose credentials are in the environment."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    name = f"bids-{secrets.token_hex(6)}"
    boto3.client("s3", endpoint_url=s3_server, region_name="us-east-1").create_bucket(Bucket=name)
    return f"s3://{name}/files?endpoint={s3_server}"


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path) -> BlobStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "blobs")
    return ObjectStore(request.getfixturevalue("bucket"))
