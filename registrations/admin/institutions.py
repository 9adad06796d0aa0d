"""Institutions: merged here, since teams of registrations follow."""

from django.contrib import admin

from accounts.admin import InstitutionPage
from accounts.models import Institution
from registrations.admin_actions import MergeAction

admin.site.unregister(Institution)


@admin.register(Institution)
class MergingInstitutionPage(MergeAction, InstitutionPage):
    actions = (*InstitutionPage.actions, "merge")
