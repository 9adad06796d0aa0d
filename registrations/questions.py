"""Organisers' questions: their shape, and answers that fit them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from competition_site.rules import RuleViolation, Text

MAXIMUM_QUESTIONS = 50
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAXIMUM_TEXT = 2000
_LONGEST_LABEL, _LONGEST_HELP, _LONGEST_CHOICE = 200, 500, 100
_MOST_CHOICES = 50
_TYPES = frozenset({"text", "number", "choice", "multiple", "boolean", "url"})
_WITH_CHOICES = frozenset({"choice", "multiple"})
_FIELDS = frozenset({"key", "label", "type", "choices", "required", "help"})

Question = Mapping[str, Any]


def question_error(question: Any) -> Text | None:
    """What is wrong with a question's definition, if anything."""
    if not isinstance(question, dict) or not question.keys() <= _FIELDS:
        return _("A question has key, label, type, choices, required and help.")
    if not _is_key(question.get("key")):
        return _("A key is lower-case letters, digits and _, and starts with a letter.")
    if not _is_type(question.get("type")):
        return _("The type is text, number, choice, multiple, boolean or url.")
    if not isinstance(question.get("required", False), bool):
        return _("Required is true or false.")
    return _texts_error(question) or _choices_error(question)


def _is_key(key: Any) -> bool:
    return isinstance(key, str) and bool(_KEY.fullmatch(key))


def _is_type(name: Any) -> bool:
    return isinstance(name, str) and name in _TYPES


def _texts_error(question: Question) -> Text | None:
    if not _is_bilingual(question.get("label"), _LONGEST_LABEL):
        return _("A label has a text in en and in id, of at most 200 characters.")
    help_text = question.get("help")
    if help_text is not None and not _is_bilingual(help_text, _LONGEST_HELP):
        return _(
            "A help has a text in en and in id, of at most 500 characters, or is null."
        )
    return None


def _choices_error(question: Question) -> Text | None:
    choices = question.get("choices", [])
    if not isinstance(choices, list) or not all(map(_may_be_chosen, choices)):
        return _("Choices are a list of texts of 1 to 100 characters.")
    if len(choices) > _MOST_CHOICES or len(set(choices)) != len(choices):
        return _("There are at most 50 choices, each of them once.")
    if (question["type"] in _WITH_CHOICES) != bool(choices):
        return _("Choice and multiple have choices, the other types have none.")
    return None


def _may_be_chosen(choice: Any) -> bool:
    return _is_text_of(choice, _LONGEST_CHOICE)


def _is_bilingual(text: Any, longest: int) -> bool:
    return (
        isinstance(text, dict)
        and text.keys() == {"en", "id"}
        and all(_is_text_of(t, longest) for t in text.values())
    )


def _is_text_of(text: Any, longest: int) -> bool:
    return isinstance(text, str) and bool(text.strip()) and len(text) <= longest


def completed(question: Question) -> dict[str, Any]:
    """A question with every key of its public shape."""
    return {
        "key": question["key"],
        "label": question["label"],
        "type": question["type"],
        "choices": question.get("choices", []),
        "required": question.get("required", False),
        "help": question.get("help"),
    }


def require_fitting(questions: Sequence[Question], answers: Mapping[str, Any]) -> None:
    """Refuse answers to no question or of a wrong type.

    Raises RuleViolation("validation_error") with ``answers.<key>``.
    """
    by_key = {question["key"]: question for question in questions}
    errors: dict[str, list[Text]] = {}
    for key, value in answers.items():
        if key not in by_key:
            errors[f"answers.{key}"] = [_("There is no such question.")]
        elif value is not None and not _FITS[by_key[key]["type"]](value, by_key[key]):
            errors[f"answers.{key}"] = [_("This answer does not fit the question.")]
    if errors:
        raise RuleViolation("validation_error", errors=errors)


def require_complete(questions: Sequence[Question], answers: Mapping[str, Any]) -> None:
    """Raises RuleViolation("answers_incomplete") naming unanswered questions."""
    errors: dict[str, list[Text]] = {
        f"answers.{question['key']}": [_("Please answer this question.")]
        for question in questions
        if question.get("required") and answers.get(question["key"]) in (None, "", [])
    }
    if errors:
        raise RuleViolation("answers_incomplete", errors=errors)


def _is_text(value: Any, question: Question) -> bool:
    return isinstance(value, str) and len(value) <= _MAXIMUM_TEXT


def _is_number(value: Any, question: Question) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _is_choice(value: Any, question: Question) -> bool:
    return isinstance(value, str) and value in question["choices"]


def _is_multiple(value: Any, question: Question) -> bool:
    return (
        isinstance(value, list)
        and all(_is_choice(v, question) for v in value)
        and len(set(value)) == len(value)
    )


def _is_boolean(value: Any, question: Question) -> bool:
    return isinstance(value, bool)


def _is_url(value: Any, question: Question) -> bool:
    return _is_text(value, question) and is_web_address(value)


def is_web_address(text: str) -> bool:
    """Whether a text is an http or https URL with a host."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


_FITS: dict[str, Callable[[Any, Question], bool]] = {
    "text": _is_text,
    "number": _is_number,
    "choice": _is_choice,
    "multiple": _is_multiple,
    "boolean": _is_boolean,
    "url": _is_url,
}
