"""Routes of accounts, below /api/v1/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("auth/register", views.RegisterView.as_view()),
    path("auth/login", views.LoginView.as_view()),
    path("auth/refresh", views.RefreshView.as_view()),
    path("auth/logout", views.LogoutView.as_view()),
    path("auth/email/verify", views.VerifyEmailView.as_view()),
    path("auth/email/resend", views.ResendVerificationView.as_view()),
    path("me", views.MeView.as_view()),
    path("institutions", views.InstitutionListView.as_view()),
]
