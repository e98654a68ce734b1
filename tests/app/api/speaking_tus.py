"""A client that speaks tus, and the platform that it speaks to."""

from __future__ import annotations

from flask.testing import FlaskClient

UPLOADS = "/api/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}


def speaker(app, token: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def begin(client: FlaskClient, size: int) -> str:
    answer = client.post(UPLOADS, headers={**TUS, "Upload-Length": str(size)})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def send(client: FlaskClient, place: str, offset: int, data: bytes, **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    every = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream", **named}
    return client.patch(place, data=data, headers=every)


def code_of(answer) -> str:
    return answer.json["error"]["code"]


def announced(client: FlaskClient, size: int):
    return client.post(UPLOADS, headers={**TUS, "Upload-Length": str(size)})


def offset_of(client: FlaskClient, place: str) -> int:
    return int(client.head(place, headers=TUS).headers["Upload-Offset"])
