"""Search and verification: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired


class ReceiptForm(FlaskForm):
    receipt = FileField(
        _l("回执文件（receipt-….json）"), [FileRequired(_l("请选择回执文件"))], description=_l("提交投标后保存的文件")
    )
    submission = FileField(
        _l("提交声明（submission-….json）"), description=_l("一并核对回执说的是不是您提交的那一份；可在“我的投标”下载")
    )


class PdfForm(FlaskForm):
    pdf = FileField(_l("PDF 文件"), [FileRequired(_l("请选择 PDF 文件"))], description=_l("开标记录、评审报告或回执"))
