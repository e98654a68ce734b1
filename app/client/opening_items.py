"""What will be read out of a bid, checked before it is sealed."""

from __future__ import annotations

from collections.abc import Mapping

from app.casefile.sealing import LONGEST_NAME, read_items
from app.client.connection import refuse
from crypto.errors import CryptoError


def check_items(items: Mapping[str, str], *, branded: bool = False) -> None:
    """What would make the bid void at its opening is refused where it can still be mended. `branded`: the lot names a
    core product, whose brand is read out.

    Raises Refused `opening_item_unfit`.
    """
    try:
        read_items(items, branded=branded)
    except CryptoError as exc:
        raise refuse(
            "opening_item_unfit",
            "开标一览项“{item}”不能这样填写，否则开标时无效：报价须为正数且小于 1 亿亿元，"
            "工期或交货期为 1 至 99999 天，项目负责人和核心产品品牌各不超过 {most} 个字且不含控制字符。"
            "未加密任何文件；请改正后重试。",
            "The opening item {item} cannot be read out like this and would make the bid void: the price is above 0 "
            "and below 10,000,000,000,000,000 yuan, the duration 1 to 99999 days, the project manager and "
            "the brand of the core product {most} characters at most, none of them a control character. "
            "Nothing was sealed; correct it and try again.",
            item=exc.facts["item"],
            most=LONGEST_NAME,
        ) from exc
