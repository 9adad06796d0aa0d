"""Accounts: who people are, how they log in, and what they did."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from django.contrib import admin

        from accounts.forms import LogInForm
        from accounts.workflow import passwords
        from competition_site.outbox.workflow import write_with

        write_with(passwords.RESET_MAIL, passwords.write_reset_mail)
        admin.site.login_form = LogInForm
        admin.site.login_template = "accounts/log_in.html"
