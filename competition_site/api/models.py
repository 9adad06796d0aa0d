"""IdempotencyKey: what a keyed POST answered, so that a repetition gets the same."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from competition_site.clock import now
from competition_site.db.fields import MomentField


class IdempotencyKey(models.Model):
    """One keyed POST: first a lease while it runs, then its stored answer.

    The key is a hash of user, method, path and the client's key, so that taking it is
    one insert into the primary index.
    """

    digest = models.CharField(
        primary_key=True, max_length=64, editable=False, db_column="_id"
    )
    fingerprint = models.CharField(max_length=64, editable=False)
    lease = models.CharField(max_length=32, editable=False)
    lease_until = MomentField(editable=False)
    status_code = models.PositiveSmallIntegerField(null=True, editable=False)
    headers = models.JSONField(default=list, editable=False)
    body = models.TextField(default="", editable=False)
    created_at = MomentField(default=now, editable=False)
    expires_at = MomentField(editable=False, db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")

    def __str__(self) -> str:
        return self.digest[:12]
