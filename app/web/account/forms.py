"""Log-in, sign-up, take-over: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.services.accounts import PASSWORD_LENGTH


def required(words: str) -> InputRequired:
    return InputRequired(words)


def new_password() -> PasswordField:
    hint = _l("不少于 %(count)s 个字符，可以是一句只有您知道的话", count=PASSWORD_LENGTH)
    short = _l("密码不少于 %(count)s 个字符", count=PASSWORD_LENGTH)
    checks = [required(_l("请设置密码")), Length(min=PASSWORD_LENGTH, max=200, message=short)]
    return PasswordField(_l("密码"), checks, description=hint)


class LogInForm(FlaskForm):
    login = StringField(_l("登录名"), [required(_l("请填写登录名")), Length(max=64)])
    password = PasswordField(_l("密码"), [required(_l("请填写密码")), Length(max=200)])
    code = StringField(
        _l("动态验证码"),
        [required(_l("请填写验证器显示的 6 位数字")), Regexp(r"^\s*\d{6}\s*$", message=_l("动态验证码是 6 位数字"))],
        description=_l("验证器应用显示的 6 位数字，每 30 秒更换"),
    )


class SecondFactorForm(FlaskForm):
    login = StringField(_l("登录名"), [required(_l("请填写登录名")), Length(max=64)])
    password = PasswordField(_l("密码"), [required(_l("请填写密码")), Length(max=200)])


class SignUpForm(FlaskForm):
    organisation = StringField(_l("单位名称"), [required(_l("请填写营业执照上的单位全称")), Length(max=200)])
    credit_code = StringField(
        _l("统一社会信用代码"),
        [
            required(_l("请填写统一社会信用代码")),
            Regexp(r"^[0-9A-Za-z]{18}$", message=_l("统一社会信用代码是 18 位字母或数字")),
        ],
        description=_l("18 位，见营业执照"),
    )
    name = StringField(_l("经办人姓名"), [required(_l("请填写姓名")), Length(max=100)])
    mail = EmailField(_l("电子邮箱"), [Optional(), Length(max=200)], description=_l("更正公告和答复会同时发到邮箱"))
    login = StringField(_l("登录名"), [required(_l("请设置登录名")), Length(max=64)])
    password = new_password()


class InvitationForm(FlaskForm):
    code = StringField(_l("邀请码"), [required(_l("请填写邀请码")), Length(max=100)])
    password = new_password()


class RevokeForm(FlaskForm):
    reason = StringField(
        _l("停用理由"),
        [required(_l("请说明理由，例如“电脑遗失”")), Length(max=200)],
        description=_l("将写入公开登记簿"),
    )
