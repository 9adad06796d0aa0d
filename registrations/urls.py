"""Routes of registrations, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from registrations.views import (
    competitions,
    decisions,
    documents,
    invitations,
    members,
    registrations,
)

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("competitions", competitions.CompetitionViewSet, "competition")
router.register("registrations", registrations.RegistrationViewSet, "registration")
router.register("invitations", invitations.InvitationViewSet, "invitation")
router.register("registrations", decisions.DecisionViewSet, "decision")
router.register("documents", documents.DocumentViewSet, "document")

urlpatterns = [
    path(
        "registrations/<str:pk>/invitations",
        invitations.TeamInvitationsView.as_view(),
    ),
    path(
        "registrations/<str:pk>/members/<str:user_id>",
        members.MemberView.as_view(),
    ),
    path(
        "registrations/<str:pk>/transfer-leadership",
        members.HandOverView.as_view(),
    ),
    path("invitations/accept", invitations.InvitationAcceptanceView.as_view()),
    *router.urls,
]
