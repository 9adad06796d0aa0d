"""Routes of submissions, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from submissions import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("submissions", views.SubmissionViewSet, "submission")
router.register("submission-files", views.SubmissionFileViewSet, "submission-file")

urlpatterns = [
    path("competitions/<str:slug>/stages", views.CompetitionStagesView.as_view()),
    path("stages/<str:pk>", views.StageView.as_view()),
    path("receipts/<str:code>", views.ReceiptView.as_view()),
    *router.urls,
]
