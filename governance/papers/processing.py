"""The processing record: what data is kept, why, by what right, how long, and who gets it.

What GDPR article 30(1) and the inventory of KVKK's by-law on the registry of controllers (VERBİS) ask for, as far as the
workspace knows it. Knows nothing of languages.
"""

from __future__ import annotations

from collections import Counter

from governance.datasets import DATA_SETS, FILE
from governance.due import DOCUMENT
from governance.papers.paper import Paper, Section, Statement, Table, Value, Word
from governance.papers.state import State, recipients

_SETTINGS = "rungwise.toml [governance]"
_LEDGER = ".rungwise/library"


def processing_record(state: State) -> Paper:
    """Return the processing record of a workspace."""
    house = state.workspace.settings.name
    sections = (
        _controller(state), _documents(state), _data_sets(state), _categories(state), _recipients(state), _retention(state),
        _security(state), _requests(state),
    )  # fmt: skip
    return Paper("processing-record", house, state.at, sections)


def _controller(state: State) -> Section:
    settings = state.workspace.settings.governance
    return Section(
        "controller",
        (
            Statement("workspace", state.workspace.settings.name, "rungwise.toml name"),
            Statement("controller_name", settings.controller or None, _SETTINGS),
            Statement("contact", settings.contact or None, _SETTINGS),
            Statement("law", Word(f"law.{settings.law}"), _SETTINGS),
        ),
    )


def _documents(state: State) -> Section:
    """Return why documents are kept, a row for all that are kept for the same."""
    grouped = Counter(
        (one.purpose or None, one.legal_basis or None, one.retention_days, one.owner or None)
        for one in state.sources.values()
    )
    rows = sorted(grouped.items(), key=lambda item: tuple(str(cell) for cell in item[0]))
    columns = ("count", "purpose", "legal_basis", "retention_days", "owner")
    table = Table("documents_kept", columns, tuple((count, *said) for said, count in rows), "documents.toml")
    lacking = sum(bool(one.lacking) for one in state.sources.values())
    return Section(
        "documents",
        (
            Statement("documents", len(state.sources), _LEDGER),
            Statement("documents_unsaid", lacking, "documents.toml"),
            Statement(
                "documents_closed", sum(bool(one.access) for one in state.sources.values()), "documents.toml"
            ),
            Statement(
                "strict", state.workspace.settings.retrieval.strict, "rungwise.toml [retrieval] strict"
            ),
        ),
        (table,),
    )


def _data_sets(state: State) -> Section:
    rows = []
    for data_set in DATA_SETS:
        said = state.register.of(data_set.name)
        if state.rows[data_set.name] or len(said.lacking) < 3:
            name = Word(f"dataset.{data_set.name}")
            rows.append(
                (name, state.rows[data_set.name], said.purpose or None, said.legal_basis or None, said.retention_days,
                 said.owner or None)
            )  # fmt: skip
    columns = ("dataset", "rows", "purpose", "legal_basis", "retention_days", "owner")
    return Section("datasets", (), (Table("datasets_kept", columns, tuple(rows), FILE),))


def _categories(state: State) -> Section:
    """Return which kinds of personal data were found, and where; no value of anybody."""
    found: Counter[str] = Counter()
    documents: dict[str, set[str]] = {}
    for place in state.looked.places:
        for kind, count in place.found.items():
            found[kind] += count
            documents.setdefault(kind, set()).add(place.document)
    kinds = sorted({*found, *state.example_kinds})
    rows = tuple(
        (Word(f"kind.{kind}"), found[kind], len(documents.get(kind, ())), state.example_kinds.get(kind, 0))
        for kind in kinds
    )
    columns = ("kind", "in_documents", "documents_with", "in_examples")
    return Section(
        "categories",
        (
            Statement("looked_at", state.looked.documents, "documents/"),
            Statement("not_read", state.looked.unread, "documents/"),
            Statement("names_looked_for", state.looked.names, "rungwise.toml [personal] names"),
            Statement("personal_data", _answered(state), "answers.yaml personal_data"),
            Statement("data_subjects", None, ""),
        ),
        (Table("kinds_found", columns, rows, "documents/, examples.jsonl"),),
    )


def _answered(state: State) -> Value:
    """Return what the house itself answered of personal data in its documents and examples."""
    answered = state.answers.personal_data if state.answers else None
    return None if answered is None else Word(f"personal.{answered.value}")


def _recipients(state: State) -> Section:
    rows = tuple(
        (Word(f"recipient.{what}"), host, source) for what, host, source in recipients(state.workspace)
    )
    return Section(
        "recipients",
        (
            Statement("leaves_machine", bool(rows), "rungwise.toml"),
            Statement("transfers_abroad", None if rows else Word("none_by_rungwise"), "rungwise.toml"),
        ),
        (Table("recipients_named", ("recipient", "host", "setting"), rows, "rungwise.toml"),),
    )


def _retention(state: State) -> Section:
    stands, days = state.standing, state.workspace.settings.governance.destroy_every_days
    book = ".rungwise/governance/destructions.jsonl"
    return Section(
        "retention",
        (
            Statement("destroy_every_days", days, _SETTINGS),
            Statement("destroyed_last", stands.destroyed or Word("never"), book),
            Statement("destroy_by", stands.destroy_by or None, book),
            Statement(
                "ended_documents",
                sum(one.count for one in stands.due if one.kind == DOCUMENT),
                "documents.toml",
            ),
            Statement("ended_rows", sum(one.count for one in stands.due if one.kind != DOCUMENT), FILE),
            Statement("undated", sum(one.count for one in stands.undated), FILE),
        ),
    )


def _security(state: State) -> Section:
    """Return which measures are really on (GDPR article 32, KVKK article 12)."""
    serve, around = state.workspace.settings.serve, state.around
    where = "rungwise.toml [serve]"
    people: Value = ", ".join(f"{count} {role}" for role, count in around.people.items()) or Word(
        "nobody_listed"
    )
    return Section(
        "security",
        (
            Statement("login", Word(f"login.{serve.login}"), where),
            Statement("loopback", serve.at_home, f"{where} address"),
            Statement("hosts", ", ".join(serve.hosts) or Word("this_machine"), f"{where} hosts"),
            Statement("people", people, ".rungwise/access/people.json"),
            Statement("keys", around.keys, ".rungwise/access/keys.json"),
            Statement("audit_lines", around.audit_lines, ".rungwise/access/audit.jsonl"),
            Statement("audit_whole", around.audit_whole, ".rungwise/access/audit.jsonl"),
            Statement(
                "reviewed", state.standing.reviewed or Word("never"), ".rungwise/governance/reviews.jsonl"
            ),
            Statement("encryption_at_rest", Word("not_by_rungwise"), "docs/explanation/not-promised.md"),
            Statement("encryption_in_transit", Word("by_proxy"), "docs/explanation/not-promised.md"),
        ),
    )


def _requests(state: State) -> Section:
    stands = state.standing
    book = ".rungwise/governance/requests.jsonl"
    return Section(
        "requests",
        (
            Statement("request_days", state.workspace.settings.governance.request_days, _SETTINGS),
            Statement("requests_open", len(stands.requests), book),
            Statement("requests_overdue", stands.overdue_requests, book),
            Statement("erasures", len(state.certificates), ".rungwise/forgotten/"),
            Statement(
                "erasures_whole",
                sum(not one.get("remaining") for one in state.certificates),
                ".rungwise/forgotten/",
            ),
        ),
    )
