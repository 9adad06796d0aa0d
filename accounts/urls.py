"""Routes of accounts, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.views import auth, people

router = SimpleRouter(trailing_slash=False)
router.register("auth/sessions", auth.SessionViewSet, "session")
router.register("users", people.UserViewSet, "user")

urlpatterns = [
    path("auth/register", auth.RegisterView.as_view()),
    path("auth/login", auth.LoginView.as_view()),
    path("auth/refresh", auth.RefreshView.as_view()),
    path("auth/logout", auth.LogoutView.as_view()),
    path("auth/logout-all", auth.LogoutAllView.as_view()),
    path("auth/email/verify", auth.VerifyEmailView.as_view()),
    path("auth/email/resend", auth.ResendVerificationView.as_view()),
    path("auth/password/forgot", auth.ForgotPasswordView.as_view()),
    path("auth/password/reset", auth.ResetPasswordView.as_view()),
    path("auth/password/change", auth.ChangePasswordView.as_view()),
    path("me/export", people.ExportView.as_view()),
    path("me", people.MeView.as_view()),
    path("institutions", people.InstitutionListView.as_view()),
    *router.urls,
]
