# syntax=docker/dockerfile:1
# `make check-dockerfile` runs every RUN line, the CMD and the HEALTHCHECK without Docker.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --quiet --require-hashes -r requirements.txt
COPY . ./
# The keys live only as long as this line.
RUN key() { /opt/venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(48))'; } \
    && export SECRET_KEY="$(key)" JWT_SIGNING_KEY="$(key)" ALLOWED_HOSTS=localhost \
    && /opt/venv/bin/python manage.py collectstatic --no-input \
    && /opt/venv/bin/python -m compileall -q accounts competition_site registrations submissions
RUN mkdir -p /data/media && rm -f var/db.sqlite3*

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    BIND_ADDRESS=0.0.0.0 \
    PORT=8000 \
    DATABASE_URL=sqlite:////data/db.sqlite3 \
    MEDIA_ROOT=/data/media
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
COPY --from=build --chown=10001:10001 /data /data
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "competition_site.healthcheck"]
CMD ["gunicorn", "-c", "python:competition_site.gunicorn"]
