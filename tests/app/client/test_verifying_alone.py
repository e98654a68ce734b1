"""The verifying program stands alone, and says what it finds in both languages."""

import re
import subprocess
import sys
from pathlib import Path

from app.casefile import verification
from app.casefile.verification import STEPS
from app.messages import LANGUAGES, catalogue


def test_the_commands_need_neither_database_nor_framework():
    code = "import sys, app.client.verify_commands, app.client.replay_commands; "
    code += "print({'sqlalchemy', 'flask', 'reportlab'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_every_code_has_its_sentences():
    sources = "".join(path.read_text() for path in Path(verification.__file__).parent.glob("*.py"))
    used = set(re.findall(r'"((?:evidence|sitting_not)_\w+)"', sources))
    assert len(used) > 50
    assert {code for code in used if set(catalogue().get(code, {})) != set(LANGUAGES)} == set()
    assert all(f"verify_step_{name}" in catalogue() for name in (*STEPS, "bundle"))
