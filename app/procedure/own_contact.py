"""How an expert wants to be reached from now on, as the expert types it."""

from __future__ import annotations

from app.procedure.errors import RuleViolation
from app.procedure.expert_rows import PATTERNS

LONGEST = {"mail": 200, "phone": 20}


def check_contact(mail: str, phone: str) -> None:
    """A mail address, and a mobile phone number or none. Raises RuleViolation `contact_mail_wrong`,
    `contact_phone_wrong`."""
    for name, text in (("mail", mail), ("phone", phone)):
        pattern, _code = PATTERNS[name]
        if name == "phone" and not text:
            continue
        if len(text) > LONGEST[name] or not pattern.fullmatch(text):
            raise RuleViolation(f"contact_{name}_wrong")
