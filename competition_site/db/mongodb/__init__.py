"""The MongoDB engine: django-mongodb-backend 5.2.4, mended where it failed."""
