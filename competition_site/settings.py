"""The one settings module: each difference between machines is an environment variable.

docs/operations.md lists the variables. ``ENVIRONMENT`` is ``production`` unless it is
set to ``development`` or ``test``: a forgotten variable stops the start instead of
serving the public with a known key.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from competition_site.configuration import (
    DEVELOPMENT_KEY_PREFIX,
    caches_of,
    default_workers,
    parse_database_url,
    parse_duration,
    production_refusals,
    refuse_foreign_engine,
    storage_of,
)

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
ENV_FILE = BASE_DIR / env.str("ENV_FILE", ".env")
environ.Env.read_env(ENV_FILE)

ENVIRONMENT = env.str("ENVIRONMENT", "production")
if ENVIRONMENT not in {"production", "development", "test"}:
    msg = "ENVIRONMENT is one of production, development and test."
    raise ImproperlyConfigured(msg)
PRODUCTION = ENVIRONMENT == "production"


def _development(value):
    """A default that only development and tests may have."""
    return "" if PRODUCTION else value


# --- keys, hosts, origins ---------------------------------------------------------
SECRET_KEY = env.str(
    "SECRET_KEY", _development(f"{DEVELOPMENT_KEY_PREFIX}django-0123456789")
)
JWT_SIGNING_KEY = env.str(
    "JWT_SIGNING_KEY", _development(f"{DEVELOPMENT_KEY_PREFIX}tokens-0123456789")
)
JWT_PREVIOUS_SIGNING_KEY = env.str("JWT_PREVIOUS_SIGNING_KEY", "")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]
)
FRONTEND_URL = env.str("FRONTEND_URL", "http://localhost:3000").rstrip("/")
CORS_ALLOWED_ORIGINS = env.list(
    "CORS_ALLOWED_ORIGINS", default=[] if PRODUCTION else [FRONTEND_URL]
)

# --- database ---------------------------------------------------------------------
refuse_foreign_engine(env.str("DATABASE_ENGINE", env.str("DB_ENGINE", "")))
DATABASE_URL = env.str("DATABASE_URL", "sqlite:///var/db.sqlite3")
DATABASES = {"default": parse_database_url(DATABASE_URL, base_directory=str(BASE_DIR))}
MONGODB = DATABASES["default"]["ENGINE"] == "competition_site.db.mongodb"
if not MONGODB:
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
DEFAULT_AUTO_FIELD = (
    "django_mongodb_backend.fields.ObjectIdAutoField"
    if MONGODB
    else "django.db.models.BigAutoField"
)
MIGRATION_MODULES = (
    {
        app: f"competition_site.db.mongodb.migrations.{app}"
        for app in ("admin", "auth", "contenttypes")
    }
    if MONGODB
    else {}
)

# --- applications -----------------------------------------------------------------
INSTALLED_APPS = [
    *(
        (
            "competition_site.db.mongodb.apps.MongoAdminConfig",
            "competition_site.db.mongodb.apps.MongoAuthConfig",
            "competition_site.db.mongodb.apps.MongoContentTypesConfig",
            "django_mongodb_backend",
        )
        if MONGODB
        else (
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
        )
    ),
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "competition_site.api",
    "competition_site.outbox",
    "competition_site.upkeep",
    "accounts",
    "registrations",
    "submissions",
]
ROOT_URLCONF = "competition_site.urls"
WSGI_APPLICATION = "competition_site.wsgi.application"
MIDDLEWARE = [
    "competition_site.api.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "competition_site.api.middleware.SecurityHeadersMiddleware",
    "competition_site.api.middleware.LanguageMiddleware",
    "competition_site.api.middleware.HostMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "competition_site.api.middleware.OriginMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
    # Mails: each template is rendered by both, with the words of each.
    *(
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "NAME": f"mail_{part}",
            "APP_DIRS": True,
            "OPTIONS": {
                "autoescape": part == "html",
                "builtins": [f"competition_site.outbox.tags.{part}"],
            },
        }
        for part in ("text", "html")
    ),
]
APPEND_SLASH = False  # both forms are served without a redirect

# --- accounts ---------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2idHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
REQUIRE_VERIFIED_EMAIL = env.bool("REQUIRE_VERIFIED_EMAIL", True)
REQUIRE_STAFF_TOTP = env.bool("REQUIRE_STAFF_TOTP", False)
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ACCESS_TOKEN_LIFETIME": parse_duration(env.str("JWT_ACCESS_LIFETIME", "1d")),
    "REFRESH_TOKEN_LIFETIME": parse_duration(env.str("JWT_REFRESH_LIFETIME", "7d")),
    "USER_ID_CLAIM": "id",
    "UPDATE_LAST_LOGIN": False,
}
REFRESH_REUSE_SECONDS = 10
"""How long a rotated refresh token still answers with its one successor."""

# --- API --------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["competition_site.api.envelope.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["competition_site.api.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": [
        "competition_site.api.throttles.WriteThrottle",
        "competition_site.api.throttles.PublicReadThrottle",
    ],
    "DEFAULT_PAGINATION_CLASS": "competition_site.api.pagination.KeysetPagination",
    "EXCEPTION_HANDLER": "competition_site.api.exceptions.envelope_exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": False,
}
THROTTLE_LIMITS = {
    # scope: requests/window; each can be overridden by THROTTLE_<SCOPE>.
    name: env.str(f"THROTTLE_{name.upper()}", default)
    for name, default in {
        "login": "5/1m",
        "login_account": "30/1h",
        "login_address": "600/1m",
        "register_address": "60/1h",
        "mail_account": "3/1h",
        "invitation_account": "60/1h",
        "write_user": "120/1m",
        "read_address": "6000/1m",
    }.items()
}
REDIS_URL = env.str("REDIS_URL", "")
CACHES = caches_of(REDIS_URL)
WORKERS = int(
    env.str("WEB_CONCURRENCY", "") or default_workers(DATABASE_URL, REDIS_URL)
)
"""Processes that divide a limit among them while they have no Redis in common."""
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
IDEMPOTENCY_LEASE = parse_duration(env.str("IDEMPOTENCY_LEASE", "60s"))
IDEMPOTENCY_RETENTION = parse_duration(env.str("IDEMPOTENCY_RETENTION", "24h"))
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", 1024 * 1024)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# --- CORS: django-cors-headers, exact origins, no credentials ---------------------
CORS_URLS_REGEX = r"^/(api|health)/"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Location",
    "Content-Disposition",
    "Retry-After",
    "X-Request-ID",
    "Idempotency-Replayed",
]
CORS_PREFLIGHT_MAX_AGE = 7200

# --- files ------------------------------------------------------------------------
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(BASE_DIR / "var" / "media")))
UPLOAD_TEMP_DIR = env.str("UPLOAD_TEMP_DIR", "")  # empty: incoming/ in MEDIA_ROOT
DISK_RESERVE_BYTES = env.int("DISK_RESERVE_BYTES", 256 * 1024 * 1024)
"""What uploads leave free on their disk, for the database and the logs."""
MAX_DOCUMENT_BYTES = env.int("MAX_DOCUMENT_BYTES", 5 * 1024 * 1024)
MAX_SUBMISSION_BYTES = env.int("MAX_SUBMISSION_BYTES", 1024 * 1024 * 1024)
MAX_IMAGE_PIXELS = env.int("MAX_IMAGE_PIXELS", 64_000_000)
ACCEL_REDIRECT_PREFIX = env.str("ACCEL_REDIRECT_PREFIX", "")
"""Where nginx has MEDIA_ROOT, as in /protected/; empty: files go through Django."""
# The API's own parser takes uploads; a form of the admin holds small files at most.
FILE_UPLOAD_HANDLERS = ["competition_site.files.handlers.SmallFilesOnly"]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STORAGES = {
    "default": storage_of(env.str("STORAGE_URL", "")),
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if ENVIRONMENT != "test"
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
# Tests read static files where they lie; elsewhere collectstatic has gathered them.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = ENVIRONMENT == "test"
RECEIPT_SIGNING_KEY = env.str("RECEIPT_SIGNING_KEY", "") or SECRET_KEY
RECEIPT_PREVIOUS_SIGNING_KEYS = env.list("RECEIPT_PREVIOUS_SIGNING_KEYS", default=[])

# --- mail -------------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Competition <no-reply@localhost>")

# --- upkeep -----------------------------------------------------------------------
_tick_late_after = env.str("TICK_LATE_AFTER", "10m" if PRODUCTION else "off")
TICK_LATE_AFTER = (
    None if _tick_late_after == "off" else parse_duration(_tick_late_after)
)
"""After how long without a tick /health/ready is degraded; None: never."""
RETENTION_DAYS = env.int("RETENTION_DAYS", 30)
"""How many days after a competition's end its personal documents are deleted."""
REMIND_BEFORE = parse_duration(env.str("REMIND_BEFORE", "24h"))
"""How long before a deadline whoever it concerns gets a mail."""

# --- language and time ------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("id", _("Indonesian"))]
LOCALE_PATHS = [BASE_DIR / "competition_site" / "locale"]
FORMAT_MODULE_PATH = "competition_site.formats"
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "Asia/Jakarta")

# --- transport --------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "no-referrer"
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the proxy redirects to https; a redirected POST loses its body
    "models.W027",  # check constraints guard SQLite; workflow and serializers both
]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
)
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_NAME = "admin_session"

# --- logging ----------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "competition_site.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Our own line per request says what these would say again.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        "django.request": {"handlers": [], "level": "CRITICAL", "propagate": True},
    },
}

if PRODUCTION and (refusals := production_refusals(globals())):
    raise ImproperlyConfigured("\n".join(refusals))
