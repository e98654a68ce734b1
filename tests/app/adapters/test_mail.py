"""Mail goes over a line that nobody between can read: a code that answers a call-up is in it."""

from __future__ import annotations

import smtplib
import ssl
from types import SimpleNamespace

import pytest

from app.adapters.mail import send_mail
from app.adapters.messaging import NotSent

MAIL = {"sender": "a@example.org", "to": "b@example.org", "subject": "x", "text": "x", "key": "k"}


class Server:
    """A mail server that keeps what is done with it; with or without STARTTLS."""

    offers: bool = True
    done: list[str]

    def __init__(self, host: str, port: int, **more: object) -> None:
        self.done.append(f"{host}:{port}")
        if "context" in more:
            self.check(more["context"])

    def check(self, context: ssl.SSLContext) -> None:
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        self.done.append("checked")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_outcome: object) -> None:
        pass

    def ehlo_or_helo_if_needed(self) -> None:
        pass

    def has_extn(self, name: str) -> bool:
        return self.offers and name == "starttls"

    def starttls(self, *, context: ssl.SSLContext) -> None:
        self.check(context)

    def login(self, user: str, password: str) -> None:
        self.done.append(f"login {user} {password}")

    def send_message(self, _message: object) -> None:
        self.done.append("sent")

    def close(self) -> None:
        self.done.append("closed")


@pytest.fixture
def server(monkeypatch) -> SimpleNamespace:
    found = SimpleNamespace(done=[])
    kind = type("Known", (Server,), {"done": found.done})
    monkeypatch.setattr(smtplib, "SMTP", kind)
    monkeypatch.setattr(smtplib, "SMTP_SSL", kind)
    found.kind = kind
    return found


@pytest.mark.parametrize(
    ("url", "done"),
    [
        ("smtps://u:p%40@mail.example.org", ["mail.example.org:465", "checked", "login u p@", "sent"]),
        ("smtp://u:p@mail.example.org:587", ["mail.example.org:587", "checked", "login u p", "sent"]),
        ("smtp://mail.example.org", ["mail.example.org:25", "checked", "sent"]),
        ("smtp://u:p@localhost", ["localhost:25", "login u p", "sent"]),
    ],
)
def test_the_certificate_is_checked_before_anything_is_said(tmp_path, server, url, done):
    send_mail(url, tmp_path, **MAIL)
    assert server.done == done


def test_no_password_goes_in_the_clear(tmp_path, server):
    server.kind.offers = False
    with pytest.raises(NotSent, match="no encryption"):
        send_mail("smtp://u:p@mail.example.org", tmp_path, **MAIL)
    assert server.done == ["mail.example.org:25", "closed"]
    send_mail("smtp://mail.example.org", tmp_path, **MAIL)
    assert server.done[-1] == "sent", "a server without encryption may still take what needs no password"


def test_a_certificate_that_does_not_fit_sends_nothing(tmp_path, server):
    def refuse(*_words: object, **_more: object) -> None:
        raise ssl.SSLCertVerificationError("self-signed")

    server.kind.starttls = refuse
    with pytest.raises(NotSent):
        send_mail("smtp://mail.example.org", tmp_path, **MAIL)
    assert server.done == ["mail.example.org:25", "closed"]
