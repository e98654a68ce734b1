"""Characters that are not seen, or that let others be seen elsewhere, in what people typed."""

from __future__ import annotations

import re

from markupsafe import Markup

# Controls but tab and line ends, lone surrogates, and what turns the direction of writing (Unicode UAX #9 §2): with the
# latter "价格123" can be made to read "价格321".
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(value: object) -> object:
    """`value` as a page prints it: such a character is shown by its code point, 〔U+202E〕, as documents do."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _HIDDEN.sub(lambda found: f"〔U+{ord(found[0]):04X}〕", value)
