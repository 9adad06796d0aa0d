"""Routes of submissions, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from submissions.views import judging, results, work

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("submissions", work.SubmissionViewSet, "submission")
router.register("submission-files", work.SubmissionFileViewSet, "submission-file")
router.register("judging/assignments", judging.AssignmentViewSet, "assignment")

urlpatterns = [
    path("competitions/<str:slug>/stages", work.CompetitionStagesView.as_view()),
    path("competitions/<str:slug>/leaderboard", results.LeaderboardView.as_view()),
    path("competitions/<str:slug>/judges/<str:user_id>", judging.JudgeView.as_view()),
    path("stages/<str:pk>", work.StageView.as_view()),
    path(
        "stages/<str:pk>/extensions/<str:registration_id>",
        work.ExtensionView.as_view(),
    ),
    path("stages/<str:pk>/criteria", judging.StageCriteriaView.as_view()),
    path("stages/<str:pk>/assignments", judging.StageAssignmentsView.as_view()),
    path("stages/<str:pk>/results", results.StageResultsView.as_view()),
    path("stages/<str:pk>/results/compute", results.ComputeView.as_view()),
    path("stages/<str:pk>/results/<int:number>/release", results.ReleaseView.as_view()),
    path(
        "stages/<str:pk>/results/<int:number>/withdraw",
        results.WithdrawView.as_view(),
    ),
    path("criteria/<str:pk>", judging.CriterionView.as_view()),
    path("judging/conflicts", judging.ConflictsView.as_view()),
    path("receipts/<str:code>", work.ReceiptView.as_view()),
    *router.urls,
]
