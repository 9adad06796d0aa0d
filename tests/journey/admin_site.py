"""An organiser at the admin: a browser with cookies and forms."""

from __future__ import annotations

from html.parser import HTMLParser

import requests

CHANGELIST = "/admin/registrations/registration/"


class Form(HTMLParser):
    """What a page offers: hidden tokens, and the actions of a changelist."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.token = ""
        self.actions: list[str] = []
        self._in_actions = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "input" and named.get("name") == "csrfmiddlewaretoken":
            self.token = named["value"] or ""
        if tag == "select":
            self._in_actions = named.get("name") == "action"
        if tag == "option" and self._in_actions:
            self.actions.append(named.get("value") or "")


class AdminSite:
    """The admin as somebody sees it who logs in with e-mail and password."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def log_in(self, email: str, password: str) -> None:
        form = Form(self._get("/admin/login/").text)
        body = {
            "username": email,
            "password": password,
            "next": "/admin/",
            "csrfmiddlewaretoken": form.token,
        }
        self._post("/admin/login/", body)
        assert any("session" in cookie.name for cookie in self.session.cookies)

    def approve(self, registration: str) -> None:
        """Tick one row of the changelist and run its action."""
        form = Form(self._get(CHANGELIST).text)
        [action] = [name for name in form.actions if name.startswith("approve")]
        body = {
            "action": action,
            "_selected_action": registration,
            "index": "0",
            "csrfmiddlewaretoken": form.token,
        }
        without_token = body | {"csrfmiddlewaretoken": ""}
        refused = self.session.post(self.url + CHANGELIST, without_token, timeout=30)
        assert refused.status_code == 403
        self._post(CHANGELIST, body)

    def _get(self, path: str) -> requests.Response:
        page = self.session.get(self.url + path, timeout=30)
        assert page.status_code == 200, page.text[:2000]
        assert page.headers["Content-Type"].startswith("text/html")
        return page

    def _post(self, path: str, body: dict[str, str]) -> requests.Response:
        """Send a form; it answers with a page to go to."""
        answer = self.session.post(
            self.url + path, body, timeout=30, allow_redirects=False
        )
        assert answer.status_code == 302, answer.text[:2000]
        return answer


def anyone_is_sent_to_log_in(url: str) -> None:
    page = requests.get(url + CHANGELIST, timeout=30, allow_redirects=False)
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/admin/login/")
