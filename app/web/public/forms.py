"""Search and verification: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import TextAreaField
from wtforms.validators import DataRequired


class ReceiptForm(FlaskForm):
    receipt = FileField(
        _l("回执文件（receipt-….json）"), [FileRequired(_l("请选择回执文件"))], description=_l("提交投标后保存的文件")
    )
    submission = FileField(
        _l("提交声明（submission-….json）"), description=_l("一并核对回执说的是不是您提交的那一份；可在“我的投标”下载")
    )


class CosignedForm(FlaskForm):
    note = TextAreaField(
        _l("联署后的检查点"),
        [DataRequired(_l("请粘贴见证方交回的文本"))],
        description=_l("tenderhall witness cosign 写出的 .cosigned 文件的全部内容；任何人可以代交，签名本身就是证明"),
    )


class PdfForm(FlaskForm):
    pdf = FileField(_l("PDF 文件"), [FileRequired(_l("请选择 PDF 文件"))], description=_l("开标记录、评审报告或回执"))
