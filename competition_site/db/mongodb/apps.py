"""Django's own apps with ObjectId keys: MongoDB has no AutoField."""

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.apps import AuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig
from django.core.checks import Tags, register

OBJECT_ID = "django_mongodb_backend.fields.ObjectIdAutoField"


class MongoAdminConfig(AdminConfig):
    """The admin, with its log's rows under ObjectIds."""

    default_auto_field = OBJECT_ID


class MongoAuthConfig(AuthConfig):
    """Groups and permissions under ObjectIds."""

    default_auto_field = OBJECT_ID


class MongoContentTypesConfig(ContentTypesConfig):
    """Content types under ObjectIds; brings the engine's system check with it."""

    default_auto_field = OBJECT_ID

    def ready(self) -> None:
        super().ready()
        from competition_site.db.checks import check_replica_set

        register(check_replica_set, Tags.database)
