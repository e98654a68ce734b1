"""`tenderhall bid …`: a bid from the bidder's files to a verified receipt, in both languages."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.casefile.sealing import CORE_BRAND
from app.client import bidder, clarifying, fallback
from app.client.checked_terms import checked_parameters
from app.client.command_line import CLIENT_COMMANDS, Parser, add_command, days, existing, yuan
from app.client.connection import refuse
from app.client.given_files import given_text
from app.client.opening_items import check_items, check_words, in_capitals, in_figures
from app.client.page_links import typed_links
from app.client.priced_list import list_notes
from app.client.receipt_commands import NOT_SUBMITTED, add_verify, show_inclusion
from app.client.terminal import add_person_arguments, agreed, local, person_of, spoken
from app.messages import sentence
from app.procedure.booth_files import shown_as
from app.procedure.page_links import FILE_NAME as PAGE_LINKS
from app.procedure.qualification import is_qualification_file
from crypto.receipts import SignedReceipt
from crypto.timelock import QUICKNET, Round
from evaluation.bid_checks import FILE_NAME as PRICED_LIST
from evaluation.sitting import ClarificationSubject

SUBMITTED = "已提交 / SUBMITTED"
REPLACING = (
    "已有一份有效投标（回执 {receipt_id}），新回执出具时即被替换 / a bid of yours stands (receipt {receipt_id}): it is "
    "replaced once the new receipt is there"
)
FILES_WORDS = (
    "文件或文件夹；资格文件或其文件夹的名称以“资格”或 qualification 开头，资格审查时只看这些\n"
    "files or folders; the check of qualification sees only those whose name begins with qualification"
)
ANONYMOUS = (
    "暗标：评委先只看名称以“技术”或 technical 开头的文件，其中和文档属性中不得出现单位名称\n"
    "anonymous: members first see only files whose name begins with technical; neither these nor their properties may "
    "name the bidder"
)
UNSEEN = (
    "注意：评委在席位上打不开 {name}（只能看到 PDF 和 20 MB 以内的 JPEG、PNG 图片），其内容不会被评审\n"
    "note: no seat can show {name}; members see PDF, and JPEG or PNG of at most 20 MB: its content is not evaluated"
)
READ_BY_PLATFORM = (PAGE_LINKS, PRICED_LIST)
PAGES_WORDS = "评审因素所在的页，可重复\npages that answer a criterion, may be repeated"
UNQUALIFIED = (
    "注意：没有名称以“资格”或 qualification 开头的文件，资格审查时看不到任何文件，投标可能因此不合格\n"
    "note: no file's name begins with qualification; the check of qualification will see none and may fail"
)
SEALED_ITEMS = """开标时将唱读 / will be read out:
  报价 / price ¥{price}   {words}
  工期或交货期 / duration {duration_days}   负责人 / manager {project_manager}
如有不符，请勿提交，另选文件夹重新加密 / if this is not what you mean, do not submit: seal again into another folder"""
WITHDRAWAL = """将撤回投标 / this bid will be withdrawn:
  项目 / case {case}   标段 / lot {lot}
  回执 / receipt {receipt_id}   收到 / received {received_at}
  截止 / deadline {deadline}
撤回后不参加开标；截止之前可以重新提交。
It will not be opened; until the deadline another one may be submitted."""
ANSWERING = """答复 / answer:
{text}
附件 / files: {files}
答复只有一次，提交后不能更改、补充或者撤回。
There is one answer: it cannot be changed, added to or taken back."""
EXPLAIN = """  书面说明报价并提交证明材料；逾期没有说明，或者评标委员会表决认为不能证明报价合理的，投标被否决
  explain the price and prove it: what is not explained in time, or not proven as the members vote, is rejected"""
CONFIRM = """  修正后的报价 / corrected price: {price} ({ground})
  用 answer --confirm yes 或者 no 答复；不确认或者逾期没有确认的，投标被否决
  answer with --confirm yes or no: without a confirmation in time the bid is rejected"""
PAUSED = "已暂停，恢复时另行通知 / PAUSED until further notice"


def add_parser(subparsers: Any) -> None:
    """Add `bid` with its commands; each sets `run`, which takes the parsed arguments and returns the exit status."""
    commands = add_command(subparsers, "bid", CLIENT_COMMANDS["bid"][1]).commands("bid_command")
    _add_seal(commands)
    for name, run, words in (
        ("submit", _submit, "上传并提交已加密的投标\nupload and submit a sealed bid"),
        ("status", _status, "查询投标状态与回执\nwhat stands, and its receipt"),
        ("withdraw", _withdraw, "撤回投标\nwithdraw the bid that stands"),
    ):
        parser = add_command(commands, name, words, run)
        if name == "submit":
            parser.add_argument("bid", type=existing, help="加密后的投标文件夹\nthe folder made by seal")
        else:
            _add_lot(parser)
        if name == "withdraw":
            parser.add_argument("--yes", action="store_true", help="不再询问\ndo not ask")
        add_person_arguments(parser)
    for name, run, words in (
        ("commit-key", _commit_key, "补救程序：承诺投标密钥\nfallback: commit to the bid's key"),
        ("reveal-key", _reveal_key, "补救程序：公开投标密钥\nfallback: reveal the bid's key"),
        (
            "inclusion",
            _inclusion,
            "开标后取得截止时在列的证明\nonce opened: the proof that the bid stood at the deadline",
        ),
        ("restore", _restore, "平台丢失密文时交回原件\nhand the file in again, if the platform lost it"),
    ):
        parser = add_command(commands, name, words, run)
        parser.add_argument("bid", type=existing, help="加密后的投标文件夹\nthe folder made by seal")
        if name == "reveal-key":
            words = "见证方未联署也公开：推迟或暂停可能没有出示\nreveal though no witness vouches for what is shown"
            parser.add_argument("--unwitnessed", action="store_true", help=words)
        add_person_arguments(parser)
    _add_clarifying(commands)
    add_verify(commands)


def _add_clarifying(commands: Any) -> None:
    words = "评标委员会的询问及期限\nwhat the committee asks about the bid, and until when"
    parser = add_command(commands, "questions", words, _questions)
    _add_lot(parser)
    add_person_arguments(parser)
    parser = add_command(commands, "answer", "书面答复一项询问，只有一次\nanswer a question in writing, once", _answer)
    _add_lot(parser)
    parser.add_argument("question", help="询问的编号，见 questions\nid of the question, as questions lists it")
    words = "答复的文字（UTF-8 文本文件）\nthe answer, a text file in UTF-8"
    parser.add_argument("--text", type=existing, metavar="FILE", help=words)
    words = "是否确认修正后的报价\nwhether a corrected price is confirmed"
    parser.add_argument("--confirm", choices=("yes", "no"), help=words)
    words = "附件 PDF，可重复\na PDF that belongs to it, may be repeated"
    parser.add_argument("--file", action="append", default=[], type=existing, metavar="PDF", help=words)
    parser.add_argument("--yes", action="store_true", help="不再询问\ndo not ask")
    add_person_arguments(parser)


def _add_lot(parser: Parser) -> None:
    parser.add_argument("case", help="项目编号（网址中）\nthe case's id in its address")
    parser.add_argument("--lot", default="1", help="标段，默认 1\nlot, otherwise 1")


def _add_seal(commands: Any) -> None:
    parser = add_command(commands, "seal", "在本机加密投标文件\nseal a bid on this machine", _seal)
    _add_lot(parser)
    parser.add_argument("files", type=existing, nargs="+", help=FILES_WORDS)
    parser.add_argument("--price", required=True, type=yuan, help="投标报价（元）\nprice in yuan, e.g. 1566000.00")
    words = "大写金额；给出时须与 --price 一致\nthe price in capitals, which must agree"
    parser.add_argument("--words", metavar="大写", help=words)
    parser.add_argument("--days", required=True, type=days, help="交付期（日历日）\nduration in calendar days")
    parser.add_argument("--manager", required=True, help="项目负责人\nproject manager")
    parser.add_argument(
        "--brand", help="核心产品的品牌，招标文件指明核心产品的必填\nbrand of the core product, where one is named"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="输出文件夹\nfolder to write")
    parser.add_argument("--page", action="append", default=[], metavar="CRITERION=FILE:FIRST-LAST", help=PAGES_WORDS)
    words = "见证方未联署也加密：条款可能只出示给您\nseal though no witness vouches for the terms"
    parser.add_argument("--unwitnessed", action="store_true", help=words)
    add_person_arguments(parser)


@spoken
def _seal(arguments: argparse.Namespace) -> int:
    person = person_of(arguments)
    parameters = checked_parameters(person, arguments.case, arguments.lot, unwitnessed=arguments.unwitnessed)
    items = {"price_fen": arguments.price, "duration_days": arguments.days, "project_manager": arguments.manager}
    items |= _brand(arguments.brand, parameters.core_product)
    files = bidder.files_of(arguments.files)
    if parameters.qualification_words and not any(is_qualification_file(file.path) for file in files):
        print(UNQUALIFIED)
    if parameters.anonymous:
        print(ANONYMOUS)
    for file in files:
        if file.path not in READ_BY_PLATFORM and not shown_as(file.path, file.size):
            print(UNSEEN.format(name=file.path))
    pages = typed_links(arguments.page)
    check_items(items, branded=bool(parameters.core_product))
    check_words(arguments.price, arguments.words)
    for note in list_notes(files, arguments.price):
        print(note)
    submission = bidder.seal_bid(arguments.files, items, parameters, person.key, arguments.out, pages)
    print(f"已加密 / sealed: {arguments.out}/bid.age, {submission['bid_size']:,} B, {submission['bid_root']}")
    print(SEALED_ITEMS.format(price=in_figures(arguments.price), words=in_capitals(arguments.price), **items))
    if parameters.round is not None:
        _show_lock(parameters.round)
    print("identity.txt 可单独解开本投标，请妥善保管，切勿外传 / opens this bid alone: keep it, send it to nobody")
    print(f"{NOT_SUBMITTED}: tenderhall bid submit {arguments.out}")
    return 0


def _brand(stated: str | None, core_product: str) -> dict[str, str]:
    """The item on the brand of the core product. Raises Refused `brand_missing`, `brand_not_asked`."""
    if core_product and not stated:
        raise refuse(
            "brand_missing",
            "招标文件指明核心产品为“{product}”，请用 --brand 写明其品牌。未加密任何文件。",
            "The tender names {product} as its core product: give its brand with --brand. Nothing was sealed.",
            product=core_product,
        )
    if stated and not core_product:
        raise refuse(
            "brand_not_asked",
            "招标文件没有指明核心产品，请去掉 --brand。未加密任何文件。",
            "The tender names no core product: leave --brand out. Nothing was sealed.",
        )
    return {CORE_BRAND: stated} if stated else {}


def _show_lock(locked: Round) -> None:
    """The second lock: which chain is named, so that a bidder sees one that is not the public one."""
    chain = locked.chain.beacon_id if locked.chain == QUICKNET else f"{locked.chain.beacon_id} {locked.chain.hash}"
    print(f"第二把锁 / second lock: drand {chain}, round {locked.number}, {local(locked.at)}")
    print("截止时间推迟后本次加密仍然有效，重新加密可更新第二把锁")
    print("a postponement leaves this bid valid; sealing again renews its second lock")


@spoken
def _submit(arguments: argparse.Namespace) -> int:
    print(NOT_SUBMITTED)
    _submission, context = bidder.sealed_in(arguments.bid)
    person = person_of(arguments)
    case, lot = str(context["tender"]), str(context["lot"])
    standing = bidder.status(person.connection, case, lot)["standing"]
    if standing and not (arguments.bid / "receipt.json").exists():
        print(REPLACING.format(**standing))
    signed = bidder.submit(person, arguments.bid, _progress)
    _show(signed)
    return 0


def _progress(done: int, size: int) -> None:
    print(f"上传 / upload {done:,} / {size:,} B ({100 * done // size} %)")


def _show(signed: SignedReceipt) -> None:
    receipt = signed.receipt
    print(f"{SUBMITTED}: {local(receipt['received_at'])}  回执编号 / receipt {receipt['receipt_id']}")
    print(f"{receipt['bid_size']:,} B  {receipt['bid_root']}")


def _deadline(found: dict[str, Any]) -> str:
    return PAUSED if found["paused"] else local(found["deadline_at"])


@spoken
def _status(arguments: argparse.Namespace) -> int:
    found = bidder.status(person_of(arguments).connection, arguments.case, arguments.lot)
    print(f"截止 / deadline {_deadline(found)}   平台时间 / platform time {local(found['server_time'])}")
    standing = found["standing"]
    if standing:
        print(f"{SUBMITTED}: {local(standing['received_at'])}  {standing['receipt_id']}")
    else:
        print(NOT_SUBMITTED)
    return 0


@spoken
def _withdraw(arguments: argparse.Namespace) -> int:
    person = person_of(arguments)
    found = bidder.status(person.connection, arguments.case, arguments.lot)
    if found["standing"] and not arguments.yes:
        facts = found["standing"] | {"received_at": local(found["standing"]["received_at"])}
        print(WITHDRAWAL.format(case=arguments.case, lot=arguments.lot, **facts, deadline=_deadline(found)))
        if not agreed("确认撤回？/ Withdraw it? [y/N] "):
            print("未撤回，投标继续有效 / not withdrawn, the bid stands")
            return 1
    receipt_id = bidder.withdraw(person, arguments.case, arguments.lot)
    print(f"已撤回 / withdrawn: {receipt_id}\n{NOT_SUBMITTED}")
    return 0


@spoken
def _commit_key(arguments: argparse.Namespace) -> int:
    fallback.commit_key(person_of(arguments), arguments.bid)
    print("已承诺，密钥尚未公开；收到通知后请运行 / committed, the key has not left; when you are told to, run:")
    print(f"tenderhall bid reveal-key {arguments.bid}")
    return 0


@spoken
def _reveal_key(arguments: argparse.Namespace) -> int:
    fallback.reveal_key(person_of(arguments), arguments.bid, unwitnessed=arguments.unwitnessed)
    print("密钥已交平台 / revealed。全部密钥一并公布后开标 / the bids are opened once all keys are disclosed together")
    return 0


@spoken
def _inclusion(arguments: argparse.Namespace) -> int:
    show_inclusion(bidder.fetch_inclusion(person_of(arguments), arguments.bid))
    return 0


@spoken
def _restore(arguments: argparse.Namespace) -> int:
    bidder.restore(person_of(arguments), arguments.bid)
    print("已交回，摘要与回执一致 / restored: the digest is the receipt's")
    return 0


@spoken
def _questions(arguments: argparse.Namespace) -> int:
    found = clarifying.questions(person_of(arguments), arguments.case, arguments.lot)
    if not found:
        print("评标委员会没有询问 / the committee has asked nothing")
    for one in found:
        print(f"{one['id']}   {_standing(one)}\n  {one['place']}\n  {one['question']}")
        if one["subject"] == ClarificationSubject.LOW_PRICE and not one["over"]:
            print(EXPLAIN)
        if (to := one.get("correction")) and not one["over"]:
            print(CONFIRM.format(price=to["price"], ground=sentence(f"arithmetic_{to['ground']}", {}, "zh")))
    return 0


def _standing(asked: dict[str, Any]) -> str:
    if asked["answered"]:
        return "已答复 / answered"
    if asked["over"]:
        return "已结束，没有答复 / over, not answered"
    if asked["stands"]:
        return "评审中断，时间停止计算 / the evaluation stands still, and the time with it"
    return f"请在此之前答复 / to be answered before {local(asked['until'])}"


@spoken
def _answer(arguments: argparse.Namespace) -> int:
    if arguments.text is None and arguments.confirm is None:
        print("请给出 --text 或者 --confirm / give --text or --confirm")
        return 2
    text = given_text(arguments.text).strip() if arguments.text else ""
    confirms = None if arguments.confirm is None else arguments.confirm == "yes"
    person = person_of(arguments)
    if not arguments.yes:
        confirmation = {None: "", True: "确认修正后的报价 / the corrected price is confirmed\n"}
        said = confirmation.get(confirms, "不确认修正后的报价 / the corrected price is NOT confirmed\n")
        print(ANSWERING.format(text=said + text, files=", ".join(path.name for path in arguments.file) or "—"))
        if not agreed("签名并提交？/ Sign and submit? [y/N] "):
            print("未提交 / not submitted")
            return 1
    clarifying.answer(person, arguments.case, arguments.lot, arguments.question, text, arguments.file, confirms)
    print("答复已送达评标委员会 / the committee has your answer")
    return 0
