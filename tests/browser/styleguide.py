"""The style page with sample data of one real procurement, rendered without the application."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace as Sample
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateTimeLocalField, Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from crypto.signing import fingerprint

ROOT = Path(__file__).parents[2]
DIST = ROOT / "app" / "static" / "dist"
NOW = datetime(2026, 3, 3, 1, 12, 44, tzinfo=UTC)
OPENING = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)


def _choices(**labels: str) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


class SampleForm(Form):
    """One field of every kind, two of them with an error."""

    title = StringField("项目名称", [InputRequired()], description="与批准的采购计划一致")
    price = StringField("投标报价", [InputRequired()], description="含税总价，精确到分")
    deadline = DateTimeLocalField(
        "投标截止时间",
        [InputRequired("请填写投标截止时间，例如 2026-03-24 09:30")],
        format=["%Y-%m-%dT%H:%M:%S"],
        description="距发布不少于 20 日",
    )
    kind = SelectField("类别", [InputRequired()], choices=_choices(goods="货物", works="工程", services="服务"))
    method = RadioField("评审方法", [InputRequired()], choices=_choices(score="综合评分法", lowest="最低评标价法"))
    reason = TextAreaField("变更理由", [Optional()], description="将随变更公告一并公开")
    agree = BooleanField("我已核对以上内容与招标文件一致", [InputRequired("请先核对并勾选")])


def _form() -> SampleForm:
    form = SampleForm(
        MultiDict({"title": "2024年多功能急救实训室建设项目", "price": "1566000", "kind": "goods", "method": "score"})
    )
    form.validate()
    return form


def _bids() -> list[dict[str, object]]:
    opened = {"duration": "60 日", "tone": "done", "status": "已开标", "reason": None, "state": None}
    return [
        {"bidder": "投标人 A", "price": Decimal(1566000), "words": "壹佰伍拾陆万陆仟元整", "manager": "周敏", **opened},
        {
            "bidder": "投标人 B",
            "price": Decimal(1574022),
            "words": "壹佰伍拾柒万肆仟零贰拾贰元整",
            "manager": "吴昇",
            **opened,
        },
        {"bidder": "投标人 C", "price": Decimal(1585000), "words": "壹佰伍拾捌万伍仟元整", "manager": "郑喆", **opened},
        {
            "bidder": "投标人 D",
            "price": None,
            "words": None,
            "manager": "—",
            "duration": "—",
            "tone": "warning",
            "status": "无效",
            "reason": "密钥封装与所声明的接收方不符",
            "state": "void",
        },
    ]


def _scores() -> list[dict[str, object]]:
    rows = [
        ("投标人 A", ("93.50", "93.50", "92.50", "93.50", "93.50"), "30.00", "93.30", 1),
        ("投标人 B", ("69.18", "69.18", "67.18", "69.18", "69.18"), "29.85", "68.78", 2),
        ("投标人 C", ("65.97", "65.97", "63.97", "65.97", "65.97"), "29.64", "65.57", 3),
    ]
    return [
        {"bidder": name, "price": price, "mean": mean, "rank": rank, "state": "first" if rank == 1 else None}
        | {f"e{seat}": total for seat, total in enumerate(totals, 1)}
        for name, totals, price, mean, rank in rows
    ]


def _stages() -> list[Sample]:
    checks = [
        ("摘要 SHA-256", "9f2c4e0b7d31c58a6e2f90b1477c3d5a8e6f1b2c3d4e5f60718293a4b5c6d7e8"),
        ("怎样核验", "下载文件，在“核验”页拖入；浏览器在本机计算摘要并与登记簿比对。"),
    ]

    def stage(name: str, state: str, day: int | None, text: str, *documents: str) -> Sample:
        at = OPENING + timedelta(days=day) if day is not None else None
        links = [(document, "#") for document in documents]
        return Sample(name=name, state=state, at=at, text=text, documents=links, checks=checks if links else [])

    return [
        stage("采购公告", "done", -21, "由采购代理机构发布，审核人复核。", "公告", "采购文件"),
        stage("提问与答复", "done", -10, "2 个问题已答复，1 次更正公告。", "更正公告"),
        stage("投标截止与开标", "active", 0, "3 家有效，1 家无效；异议期至 09:45:00。", "开标一览表"),
        stage("抽取专家", "done", 0, "4 名专家，第 2 轮递补 1 名。", "抽取记录"),
        stage("远程评审", "warning", 0, "副场线路中断 6 分钟，已恢复，评分没有丢失。", "故障记录"),
        stage("中标候选人公示", "ahead", None, "评审报告签署后 3 日内。"),
        stage("归档", "ahead", None, "保存不少于 15 年。"),
    ]


def _criterion(
    id: str, name: str, full: str, step: str, band: str, value: Decimal | None = None, locked: bool = False
) -> Sample:
    comment = "合同两份，一份无验收" if locked else ""
    marks = {"full": Decimal(full), "most": f"满分 {full}", "step": Decimal(step), "value": value}
    return Sample(id=id, name=name, band=band, comment=comment, locked=locked, **marks)


def sample() -> Sample:
    """What the style page shows."""
    seats = [{"key": f"e{n}", "label": f"{n} 号席", "numeric": True} for n in range(1, 6)]
    return Sample(
        due_at=OPENING,
        budget=Decimal(1751000),
        ceiling=Decimal(1598400),
        stages=_stages(),
        checks=_stages()[0].checks,
        bids=_bids(),
        scores=_scores(),
        form=_form(),
        bid_columns=[
            {"key": "bidder", "label": "投标人"},
            {"key": "price", "label": "投标报价", "numeric": True},
            {"key": "duration", "label": "交货期"},
            {"key": "manager", "label": "负责人"},
            {"key": "status", "label": "状态"},
        ],
        score_columns=[
            {"key": "bidder", "label": "投标人"},
            *seats,
            {"key": "price", "label": "价格分", "numeric": True},
            {"key": "mean", "label": "总得分", "numeric": True},
            {"key": "rank", "label": "名次", "numeric": True},
        ],
        act={"lot": "1", "record_sha256": "5d" * 32, "position": "confirmed"},
        effects=[("标包", "1 包 急救实训设备"), ("记录", "开标记录 第 1 版，4 家投标"), ("签名人", "周敏（投标人 A）")],
        trustees=[
            Sample(name="县交易中心", state="verified", at=OPENING + timedelta(milliseconds=400)),
            Sample(name="采购代理机构", state="verified", at=OPENING + timedelta(seconds=1)),
            Sample(name="公证处", state="bad", at=OPENING + timedelta(seconds=3)),
            Sample(name="行业协会", state="verified", at=OPENING + timedelta(seconds=4)),
            Sample(name="监督部门", state="waiting", at=None),
        ],
        record=[
            (OPENING, "投标截止，系统关闭接收。有效提交不少于 3 家。"),
            (OPENING + timedelta(seconds=4), "3 份受托人签名合成开启密钥，任何人可以验证。"),
            (OPENING + timedelta(seconds=9), "投标人 D 的文件无法开启：密钥封装与所声明的接收方不符。"),
        ],
        desk_bids=[
            Sample(id="b1", name="投标人 A", url="#scoring", done=5, total=5, current=False),
            Sample(id="b2", name="投标人 B", url="#scoring", done=2, total=5, current=True),
            Sample(id="b3", name="投标人 C", url="#scoring", done=0, total=5, current=False),
        ],
        criteria=[
            _criterion(
                "technical", "技术参数", "45.00", "0.50", "优 36–45，良 27–36，一般 0–27", value=Decimal("27.00")
            ),
            _criterion("service", "售后服务", "10.00", "0.50", "优 8–10，良 6–8"),
            _criterion("track_record", "业绩", "2.00", "1.00", "客观分：每项 1 分", value=Decimal("1.00"), locked=True),
        ],
    )


def asset(name: str) -> str:
    """The address of a built asset by its logical name."""
    manifest = json.loads((DIST / "manifest.json").read_text("utf-8"))
    return f"/static/dist/{manifest[name]['file']}"


@cache
def environment() -> Environment:
    """The templates as the application sets them up, with the source language's own sentences."""
    loader = FileSystemLoader(ROOT / "templates" / "html")
    env = Environment(loader=loader, autoescape=True, extensions=["jinja2.ext.i18n"])
    env.filters["fingerprint"] = fingerprint
    env.install_gettext_callables(lambda text: text, lambda one, many, n: one if n == 1 else many, newstyle=True)
    env.globals.update(asset=asset, csrf_token=lambda: "sample-token")
    return env


def context(nonce: str, lang: str = "zh") -> dict[str, object]:
    """What every page may rely on: a bidder signed in, in the middle of an opening."""
    return {
        "lang": lang,
        "csp_nonce": nonce,
        "server_time": NOW,
        "display_zone": ZoneInfo("Asia/Shanghai"),
        "display_zone_name": "北京时间 UTC+8",
        "platform_name": "云岭县公共资源交易",
        "version": "0.1.0",
        "sign_in_url": "/sign-in",
        "actor": Sample(name="周敏", role_names=["投标人"], organisation="投标人 A"),
        "demo_notice": "M0 模式：全部受托人密钥在同一台机器上，仅供演示，不具法律效力。",
        "case": {"title": "2024年多功能急救实训室建设项目", "code": "N5100012025000628", "stage": "开标"},
        "breadcrumbs": [("我的项目", "/"), ("急救实训室建设项目", "/"), ("开标大厅", None)],
        "footer_links": [("核验回执与记录", "#"), ("无障碍说明", "#")],
    }


def page(name: str, nonce: str, lang: str = "zh", **facts: object) -> str:
    """A template rendered with the sample data and further facts."""
    return environment().get_template(name).render(context(nonce, lang) | {"sample": sample()} | facts)
