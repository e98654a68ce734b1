"""Mail: by SMTP where it is configured, else into a folder of messages, one sub-folder per address."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from app.adapters.messaging import NotSent

TIMEOUT_SECONDS = 20
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def send_mail(smtp_url: str | None, folder: Path, *, sender: str, to: str, subject: str, text: str, key: str) -> None:
    """Send one message. `key` names it, so that sending it again into the folder does nothing twice. Raises NotSent."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
    message.set_content(text)
    if smtp_url is None:
        _to_folder(folder, to, key, message)
        return
    parts = urlsplit(smtp_url)
    try:
        with _connected(parts) as smtp:
            if parts.username:
                smtp.login(unquote(parts.username), unquote(parts.password or ""))
            smtp.send_message(message)
    except OSError as exc:  # smtplib's are of this kind; what they say may hold the address
        raise NotSent(f"the mail server: {type(exc).__name__}") from None


def _connected(parts: SplitResult) -> smtplib.SMTP:
    """A line to the server on which nobody between reads a code that answers a call-up, nor the password: with the
    certificate checked, unless the server is this machine. Raises NotSent where a password would go in the clear.
    """
    host, here = parts.hostname or "localhost", (parts.hostname or "localhost") in LOCAL
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    smtp = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_SECONDS)
    if here:
        return smtp
    try:
        smtp.ehlo_or_helo_if_needed()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
        elif parts.username:
            raise NotSent("the mail server offers no encryption, and the password is not sent without")
    except (NotSent, OSError):
        smtp.close()
        raise
    return smtp


def _to_folder(folder: Path, to: str, key: str, message: EmailMessage) -> None:
    box = folder / re.sub(r"[^A-Za-z0-9@._-]", "_", to)
    box.mkdir(parents=True, exist_ok=True)
    beside = box / f".{key}.part"
    beside.write_bytes(message.as_bytes())
    os.replace(beside, box / f"{key}.eml")
