"""Run all benchmarks, or those named."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

from app.cli import RARELY
from bench import (
    admin_changes,
    bid_checks,
    browser_seal,
    case_log,
    deadline_rush,
    draw,
    draw_adversary,
    draw_check,
    draw_fairness,
    draw_tampering,
    envelope,
    experts_import,
    fairness_page,
    hall,
    kills,
    open_bids,
    register_tick,
    report,
    room,
    upload,
)

BENCHMARKS: dict[str, Callable[[], str]] = {
    "admin-changes": admin_changes.change_everything,
    "bid-checks": bid_checks.check_twenty_bids,
    "case-log": case_log.append_against_bare_insert,
    "deadline-rush": deadline_rush.rush_on_sqlite,
    "deadline-rush-postgres": deadline_rush.rush_on_postgres,
    "kills": kills.kill_on_sqlite,
    "kills-postgres": kills.kill_on_postgres,
    "register-tick": register_tick.tick_over_ten_thousand_cases,
    "envelope": envelope.seal_and_open_against_age,
    "browser-seal": browser_seal.seal_in_chromium,
    "hall": hall.step_to_page,
    "open-bids": open_bids.open_against_bare_codec,
    "upload": upload.upload_against_bare_sink,
    "room": room.score_in_many_rooms,
    "room-killed": room.come_back_after_a_kill,
    "report": report.render_and_sign,
    "experts-import": experts_import.import_against_bare_inserts,
    "draw": draw.draw_seven_of_hundred_thousand,
    "draw-check": draw_check.check_hundred_thousand,
    "draw-fairness": draw_fairness.draw_a_million_times,
    "fairness-page": fairness_page.look_at_draws_of_years,
    "draw-adversary": draw_adversary.try_to_choose,
    "draw-tampering": draw_tampering.tamper_with_every_place,
}


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    gc.set_threshold(*RARELY)  # as every process of the product has it
    for name in names or BENCHMARKS:
        print(f"{name}: {BENCHMARKS[name]()}", flush=True)
    return 0


sys.exit(main(sys.argv[1:]))
