"""Requests of people about their data: by when each is answered, and what became of it, without anybody's name.

A request is kept under a keyed hash of the name, which is asked for again when it is acted on. Periods: KVKK (Turkish law no.
6698 of 24 March 2016) article 13(2), thirty days; GDPR (Regulation (EU) 2016/679) article 12(3), one month, which may be extended
by two further months, counted by Regulation (EEC, Euratom) No 1182/71 article 3. Weekends and holidays never lengthen a period
here. Knows nothing of how anything is found or erased.
"""

from __future__ import annotations

import calendar
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from assistant.config.governance_settings import GovernanceSettings
from assistant.workspace import Workspace
from experiments.opinions.ballots import key_in, keyed_hash
from foundation.chain import Said
from foundation.errors import UserError, did_you_mean
from governance.book import FOLDER, Book
from governance.erasure import folded

_SHORTEST = 3


class Kind(StrEnum):
    """What somebody asks for."""

    ACCESS = "access"
    """A copy of what is held (KVKK article 11(1)(a)–(ç), GDPR article 15)."""
    ERASURE = "erasure"
    """Its erasure (KVKK articles 7 and 11(1)(e), GDPR article 17)."""
    RECTIFICATION = "rectification"
    """Its correction (KVKK article 11(1)(d), GDPR article 16)."""


class Outcome(StrEnum):
    """How a request ended."""

    ANSWERED = "answered"
    """A copy was made for whoever asked."""
    ERASED = "erased"
    """What named them was erased, with a certificate."""
    RECTIFIED = "rectified"
    """What was wrong was corrected, by hand."""
    REFUSED = "refused"
    """It was declined, with the reasons told to whoever asked."""
    WITHDRAWN = "withdrawn"
    """Whoever asked took it back."""


@dataclass(frozen=True)
class Request:
    """One request."""

    id: str
    """Drawn by lot."""
    kind: Kind
    """What is asked for."""
    received: str
    """The day on which it came, ISO 8601."""
    due: str
    """The last day on which it may be answered."""
    law: str
    """Whose periods count: `kvkk`, `gdpr` or `both`."""
    extended: bool = False
    """Whether the period was extended (GDPR article 12(3))."""
    outcome: Outcome | None = None
    """How it ended; None: it is open."""
    closed: str = ""
    """When, ISO 8601 in UTC; empty: it is open."""
    copied: str = ""
    """When a copy was made, ISO 8601 in UTC; empty: none was."""
    certificate: str = ""
    """The hash of the certificate of its erasure; empty: nothing was erased for it."""

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return self.outcome is None

    def overdue(self, today: date) -> bool:
        """Whether it is open after the last day on which it may be answered."""
        return self.open and today > date.fromisoformat(self.due)

    def to_dict(self) -> dict[str, Any]:
        """The request as plain JSON values."""
        return asdict(self)


def last_day(received: date, settings: GovernanceSettings, extended: bool = False) -> date:
    """Return the last day on which a request may be answered.

    Args:
        received: The day on which it came; it is not counted.
        settings: Whose periods count, and how many days the house gives itself.
        extended: Whether two months were added (GDPR alone).
    """
    month = _months_on(received, 3 if extended else 1)
    if extended:
        return month
    days = received + timedelta(days=settings.request_days)
    return days if settings.law == "kvkk" else min(days, month)


def _months_on(day: date, months: int) -> date:
    """Return the same day so many months on; in a month that has none, its last (No 1182/71 article 3(2)(c))."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


# ---------------------------------------------------------------- the book


def book_of(workspace: Workspace) -> Book:
    """Return the book of a workspace's requests."""
    return Book(workspace.built / FOLDER / "requests.jsonl")


def open_request(workspace: Workspace, subject: str, kind: Kind, received: date, now: datetime) -> Request:
    """Note that somebody asks for something.

    Args:
        workspace: Where.
        subject: Their name, as it would be looked for; it is kept as a keyed hash only.
        kind: What they ask for.
        received: The day on which it came.
        now: When it is noted.

    Raises:
        UserError: The name is too short, or the day is still to come.
    """
    if received > now.astimezone(UTC).date() + timedelta(days=1):  # it may be tomorrow already, east of here
        raise UserError(f"{received} is still to come. Name the day on which the request was received.")
    settings = workspace.settings.governance
    due = last_day(received, settings)
    made = Request(secrets.token_hex(4), kind, received.isoformat(), due.isoformat(), settings.law)
    said = {"step": "opened", "id": made.id, "kind": kind.value, "received": made.received, "due": made.due,
            "law": made.law, "subject": _hidden(workspace, subject)}  # fmt: skip
    book_of(workspace).add(said, now)
    return made


def extend(workspace: Workspace, id: str, now: datetime) -> Request:
    """Add two months to a request's period; whoever asked has to be told within the first one, with the reasons.

    Raises:
        UserError: There is no such request, it is closed, extended or overdue, or KVKK counts, which knows no extension.
    """
    request = _still_open(workspace, id)
    settings = workspace.settings.governance
    if request.law != "gdpr":
        raise UserError(
            f"Request {id} falls under KVKK (Turkish law no. 6698), which gives thirty days. Answer it by {request.due}."
        )
    if request.extended or request.overdue(now.astimezone(UTC).date()):
        why = "was extended already" if request.extended else f"was due on {request.due}"
        raise UserError(f"Request {id} {why}, so its period can't be extended. Answer it now.")
    due = last_day(date.fromisoformat(request.received), settings, extended=True)
    book_of(workspace).add({"step": "extended", "id": id, "due": due.isoformat()}, now)
    return replace(request, due=due.isoformat(), extended=True)


def copied(workspace: Workspace, id: str, now: datetime) -> Request:
    """Note that a copy was made; a request of access is closed by it."""
    request = _still_open(workspace, id)
    book_of(workspace).add({"step": "copied", "id": id}, now)
    return close(workspace, id, Outcome.ANSWERED, now) if request.kind is Kind.ACCESS else find(workspace, id)


def close(workspace: Workspace, id: str, outcome: Outcome, now: datetime, certificate: str = "") -> Request:
    """Note how a request ended.

    Args:
        workspace: Where.
        id: Which.
        outcome: How.
        now: When.
        certificate: The hash of the certificate, where something was erased.

    Raises:
        UserError: There is no such request, or it is closed already.
    """
    _still_open(workspace, id)
    said = {"step": "closed", "id": id, "outcome": outcome.value}
    book_of(workspace).add({**said, **({"certificate": certificate} if certificate else {})}, now)
    return find(workspace, id)


def every(workspace: Workspace, today: date) -> tuple[Request, ...]:
    """Return all requests: overdue ones first, then open ones by their due date, then closed ones, the last first."""
    found = _told(book_of(workspace).records())
    waiting = sorted(
        (one for one in found if one.open), key=lambda one: (not one.overdue(today), one.due, one.id)
    )
    done = sorted((one for one in found if not one.open), key=lambda one: one.closed, reverse=True)
    return (*waiting, *done)


def find(workspace: Workspace, id: str) -> Request:
    """Return a request.

    Raises:
        UserError: There is none of that id.
    """
    found = {one.id: one for one in _told(book_of(workspace).records())}
    if id not in found:
        raise UserError(
            f'There is no request "{id[:40]}".{did_you_mean(id, found)} `rungwise govern request list` shows them all.'
        )
    return found[id]


def check_subject(workspace: Workspace, id: str, subject: str) -> Request:
    """Return an open request, if it is this person's.

    Raises:
        UserError: There is no such request, it is closed, or it was opened for another name.
    """
    request = _still_open(workspace, id)
    opened = next(one for one in book_of(workspace).records() if one["step"] == "opened" and one["id"] == id)
    if opened["subject"] != _hidden(workspace, subject):
        raise UserError(
            f"Request {id} was opened for another name: only a hash of it was kept. Name it as it was written then, in any case."
        )
    return request


def _still_open(workspace: Workspace, id: str) -> Request:
    request = find(workspace, id)
    if not request.open:
        raise UserError(
            f"Request {id} was closed on {request.closed[:10]} ({request.outcome}); open a new one."
        )
    return request


def _told(records: Sequence[Said]) -> list[Request]:
    """Return the requests as their records tell of them."""
    found: dict[str, Request] = {}
    for one in records:
        id, at = str(one["id"]), str(one["at"])
        match one["step"]:
            case "opened":
                found[id] = Request(id, Kind(one["kind"]), one["received"], one["due"], one["law"])
            case "extended":
                found[id] = replace(found[id], due=one["due"], extended=True)
            case "copied":
                found[id] = replace(found[id], copied=at)
            case "closed":
                outcome, certificate = Outcome(one["outcome"]), one.get("certificate", "")
                found[id] = replace(found[id], outcome=outcome, closed=at, certificate=certificate)
    return list(found.values())


def _hidden(workspace: Workspace, subject: str) -> str:
    """Return the keyed hash of a name, whatever its case, spacing and composition."""
    plain = " ".join(folded(subject).split())
    if len(plain) < _SHORTEST:
        raise UserError(
            f"The name must have at least {_SHORTEST} letters, or it would be found in everything."
        )
    return keyed_hash(f"subject\0{plain}", key_in(_key(workspace)))


def _key(workspace: Workspace) -> Path:
    return workspace.built / FOLDER / "key"
