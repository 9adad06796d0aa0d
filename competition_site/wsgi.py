"""The WSGI entry point: what gunicorn loads."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "competition_site.settings")

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

try:
    application = get_wsgi_application()
except ImproperlyConfigured as refusal:
    sys.exit(str(refusal))

from django.conf import settings

from competition_site.db.checks import standalone_mongodb_refusal

if settings.PRODUCTION and (line := standalone_mongodb_refusal()):
    sys.exit(line)
