"""Compute a draw (biddraw/v1) again from its records alone, with the standard library alone, and say if it holds.

    python3 verify_draw.py RECORD.json [THE RECORD OF EACH EARLIER ROUND ...] --committee ID

ID: the trustees' committee as the signed and published terms of the tender name it, or a file that holds such ids.
Exit status: 0 verified; 1 something is wrong; 2 a wrong command line; 3 nothing is wrong, but not all was compared.
独立复核抽取结果，不使用平台代码。退出码：0 核验通过；1 不成立；2 命令有误；3 未发现错误，但有内容未比对，不等于通过。
"""

import argparse
import gc
import sys
from pathlib import Path

from app.client.draw_checks import of_one_round
from app.client.draw_record import committees, read_record, shown
from app.client.draw_rounds import of_a_later_round

VERIFIED, WRONG, NOT_COMPARED = 0, 1, 3
WORDS = {True: "ok", False: "FAIL", None: "not compared"}
VERDICTS = {
    VERIFIED: ("核验通过", "VERIFIED: the named committee signed this draw, and these numbers follow from it"),
    WRONG: ("不成立：请保存记录并向监督部门反映", "IT DOES NOT HOLD: keep the records and tell the supervisor"),
    NOT_COMPARED: ("未核验：未发现错误，但有内容未比对", "NOT VERIFIED: nothing is wrong, but not all was compared"),
}


def found_in(records, trusted):
    """Headings (text) and checks (holds, Chinese, English) of records by round; `trusted`: ids, None if not given."""
    rounds = [record["statement"]["round"] for record in records]
    whole, given = rounds == list(range(1, len(rounds) + 1)), ", ".join(map(str, rounds))
    for at, record in enumerate(records):
        facts = [rounds[at], *(shown(record[field]) for field in ("tender", "lot", "purpose"))]
        yield "第 {0} 轮 · round {0} | 项目 · tender {1} | 标包 · lot {2} | 用途 · purpose {3}".format(*facts)
        if reason := record["statement"].get("reason"):
            yield f"原因 · reason: {reason}（席位因何空出见案卷日志 · why seats became free is in the case's log）"
        yield from of_one_round(record)
        yield from of_a_later_round(records[:at], record) if whole and at else ()
    yield "全部记录 · all records"
    for committee in sorted({record["statement"]["committee"] for record in records}):
        holds, said = None if trusted is None else committee in trusted, ("与给出的编号比对", "the one given")
        said = said if holds is not None else ("未比对", "not compared")
        yield holds, f"受托人{said[0]}：记录所写为 {committee}", f"committee: {said[1]}"
    if len(set(rounds)) < len(rounds):
        yield False, f"同一轮给出了两份记录：{given}", f"two records of one round: {given}"
    elif not whole:
        yield None, f"此前各轮没有全部给出，只有第 {given} 轮", f"earlier rounds: not compared, only {given} given"


def report(paths, trusted):
    """Print every check and the verdict; the exit status."""
    try:
        records = [read_record(Path(path).read_bytes()) for path in paths]
        records.sort(key=lambda record: record["statement"]["round"])
        found = list(found_in(records, trusted))
    except Exception as error:  # whatever is wrong with a malformed record, it is not a draw that holds
        said = shown(f"{type(error).__name__}: {error}")
        records, found = [], [(False, "记录无法读取或不符合格式", f"a record cannot be read or lacks its form: {said}")]
    for one in found:
        print(one if isinstance(one, str) else " | ".join((WORDS[one[0]], *one[1:])))
    checked = [one for one in found if not isinstance(one, str)]
    holds = {one[0] for one in checked}
    status = WRONG if False in holds else NOT_COMPARED if None in holds else VERIFIED
    for record in records if status != WRONG else ():
        for stratum, ids in record["result"]["selected"].items():
            print(f"第 {record['statement']['round']} 轮抽中 · drawn | {shown(stratum)} |", *map(shown, ids))
    print(*VERDICTS[status], *(english for holds, _, english in checked if holds is None), sep=" | ")
    return status


def main(arguments=None):
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout, allow_abbrev=False)
    parser.add_argument("records", nargs="+", metavar="RECORD")
    parser.add_argument("--committee", metavar="ID-OR-FILE")
    asked = parser.parse_args(arguments)
    try:
        trusted = committees(asked.committee) if asked.committee is not None else None
    except Exception:
        parser.error(f"--committee: neither an id (64 hex digits) nor a file with one: {asked.committee}")
    return report(asked.records, trusted)


if __name__ == "__main__":
    gc.disable()  # a large record is one tree that is needed to the end
    sys.exit(main())
