"""The words that mails are written in: one set of tags, rendered twice.

A template ``mail/<kind>.txt`` says each thing once. :mod:`~.text` and :mod:`~.html`
know the same tags, and each is the vocabulary of one template engine of the settings:

- ``{% paragraph %}…{% endparagraph %}``: sentences; white space in values is one blank
- ``{% fact LABEL VALUE %}``: a line of a list
- ``{% quote VALUE %}``: what a person wrote, line by line
- ``{{ MOMENT|told }}``: a time in UTC and in the site's zone
- ``{% link LABEL PATH PART … %}``: a page of the frontend, and of no other site
"""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings


def one_line(text: object) -> str:
    """Every run of white space, line separators included, as one blank."""
    return " ".join(str(text).split())


def frontend_url(path: str, *parts: object) -> str:
    """The address of a page; ``parts`` are appended to its path, quoted."""
    if not path.startswith("/"):
        msg = f"{path!r} is no path of the frontend: it starts with a slash."
        raise ValueError(msg)
    tail = "".join(quote(str(part), safe="") for part in parts)
    return f"{settings.FRONTEND_URL}{path}{tail}"
