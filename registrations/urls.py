"""Routes of registrations, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from registrations import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("competitions", views.CompetitionViewSet, "competition")
router.register("registrations", views.RegistrationViewSet, "registration")
router.register("documents", views.DocumentViewSet, "document")

urlpatterns = [
    path("invitations/accept", views.InvitationAcceptanceView.as_view()),
    *router.urls,
]
