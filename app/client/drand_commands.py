"""`tenderhall drand …`: a round's signature for a platform without internet, fetched here and carried there by anybody.

It is verified before it is shown, and the platform verifies it again: nobody on the way is trusted.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import requests

from app.client.bidder import lot_path
from app.client.command_line import CLIENT_COMMANDS, add_command, count, existing
from app.client.connection import Connection, Refused
from app.client.terminal import add_platform_arguments, local, spoken
from crypto.errors import CryptoError
from crypto.timelock import QUICKNET, Chain, Round, SignedRound, read_relay_answer

TIMEOUT = (5, 10)  # seconds to connect, seconds between bytes
LONGEST_ANSWER = 4096  # bytes
GROUP = 8  # digits, as people read them out


def add_parser(subparsers: Any) -> None:
    """Add `drand` with its commands; each sets `run`, which takes the parsed arguments and returns the exit status."""
    commands = add_command(subparsers, "drand", CLIENT_COMMANDS["drand"][1]).commands("drand_command")
    fetch = add_command(commands, "fetch", "联网取得一轮的签名\nfetch a round, with internet", _fetch)
    fetch.add_argument("round", type=count, help="轮次（开标大厅所示）\nthe round that the opening hall shows")
    words = "中继网址，可多次给出\naddress of a relay; may be given again"
    fetch.add_argument("--relay", action="append", required=True, metavar="URL", help=words)
    words = "链的说明（drandchain/v1），默认 quicknet\ndescription of the chain, otherwise quicknet"
    fetch.add_argument("--chain", type=existing, metavar="FILE", help=words)
    carry = add_command(commands, "carry", "把签名交给平台\nhand it to the platform, no log-in needed", _carry)
    carry.add_argument("case", help="项目编号（网址中）\nthe case's id in its address")
    carry.add_argument("digits", nargs="+", help="96 位十六进制数字，可分组\nthe 96 hex digits, in groups or not")
    carry.add_argument("--lot", default="1", help="标段，默认 1\nlot, otherwise 1")
    add_platform_arguments(carry)


@spoken
def _fetch(arguments: argparse.Namespace) -> int:
    described = json.loads(arguments.chain.read_text("utf-8")) if arguments.chain else None
    wanted = Round(Chain.from_description(described) if described else QUICKNET, arguments.round)
    signed = _signed(arguments.relay, wanted)
    digits = signed.signature.hex()
    print(f"drand {wanted.chain.hash}\nround {wanted.number}  {local(wanted.at)}")
    print(" ".join(digits[i : i + GROUP] for i in range(0, len(digits), GROUP)))
    return 0


def _signed(relays: list[str], wanted: Round) -> SignedRound:
    """From the first relay that has it. Raises Refused `round_not_there`."""
    reasons = []
    for relay in relays:
        try:
            with requests.get(relay.rstrip("/") + wanted.path, timeout=TIMEOUT, stream=True) as response:
                response.raise_for_status()
                data = next(response.iter_content(LONGEST_ANSWER), b"")
            return SignedRound(wanted, read_relay_answer(data))
        except (requests.RequestException, CryptoError) as exc:
            reasons.append(f"{relay}: {exc}"[:200])
    told = "; ".join(reasons)
    raise Refused(
        "round_not_there",
        f"各中继都没有给出第 {wanted.number} 轮（{local(wanted.at)}）的正确签名：{told}",
        f"No relay gave a right signature of round {wanted.number} ({local(wanted.at)}): {told}",
    )


@spoken
def _carry(arguments: argparse.Namespace) -> int:
    if not arguments.url:
        raise Refused("platform_missing", "请用 --url 指明平台网址。", "Say --url, the address of the platform.")
    connection = Connection(arguments.url, verify=arguments.ca or True)
    path = f"{lot_path(arguments.case, arguments.lot)}/rounds"
    answer = connection.post(path, {"signature": "".join(arguments.digits)})
    print(f"第 {answer['round']} 轮签名已验证并记录 / round {answer['round']}: verified and on record")
    return 0
