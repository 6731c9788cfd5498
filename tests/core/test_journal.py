"""What the journal keeps of a call, and what is told of it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import Struct

from emulator.core.journal import Journal, Record
from emulator.core.store import MemoryStore

AT, REAL_AT = 1_735_689_600.0, 1_735_689_600.123


class Shape(Struct):
    """A wire's shape, as a vendor's answer is."""

    token: str
    scope: str


def record(answer_body: object = None, **more: Any) -> Record:
    """A sign-in, of which all was noted."""
    return Record(
        **{
            "at": AT,
            "real_at": REAL_AT,
            "took": 0.001_234_5,
            "vendor": "vault",
            "operation": "sign_in",
            "principal": "me@example.com",
            "outcome": "signed_in",
            "reason": None,
            "status": 200,
            "fault": "f1",
            "method": "POST",
            "path": "/reg/auth/token",
            "query": {"a": "***"},
            "headers": {"content-type": "application/json"},
            "body": {"username": "me@example.com", "password": "***", "otp": None, "n": 2**63},
            "body_bytes": 120,
            "answer_headers": {"content-type": "application/json"},
            "answer_body": answer_body,
            "answer_bytes": 700,
            **more,
        }
    )


def told(*records: Record) -> list[Mapping[str, Any]]:
    """What a journal tells that these were written to."""

    async def write_and_read() -> list[Mapping[str, Any]]:
        journal = Journal(MemoryStore(), "default", "journal")
        for one in records:
            await journal.write(one)
        return list((await journal.page()).entries)

    return asyncio.run(write_and_read())


def test_everything_that_was_noted_is_told() -> None:
    assert told(record({"token": "***"})) == [
        {
            "number": 1,
            "at": "2025-01-01T00:00:00.000Z",
            "real_at": "2025-01-01T00:00:00.123Z",
            "vendor": "vault",
            "operation": "sign_in",
            "principal": "me@example.com",
            "outcome": "signed_in",
            "reason": None,
            "status": 200,
            "duration_ms": 1.234,
            "fault": "f1",
            "request": {
                "method": "POST",
                "path": "/reg/auth/token",
                "query": {"a": "***"},
                "headers": {"content-type": "application/json"},
                "body": {
                    "username": "me@example.com",
                    "password": "***",
                    "otp": None,
                    "n": 2**63,
                },
                "body_bytes": 120,
            },
            "answer": {
                "headers": {"content-type": "application/json"},
                "body": {"token": "***"},
                "body_bytes": 700,
            },
        }
    ]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (None, None),
        ("***", "***"),
        (Shape("***", "a:read"), {"token": "***", "scope": "a:read"}),
        (b'{"a":[1,null,"\xc3\xa9"]}', {"a": [1, None, "é"]}),
        (b'"***"', "***"),
        ('{"a":"xy...', '{"a":"xy...'),
    ],
)
def test_the_body_of_an_answer_is_told_however_it_was_kept(body: object, shown: object) -> None:
    (entry,) = told(record(body))
    assert entry["answer"]["body"] == shown


def test_entries_are_numbered_as_they_came() -> None:
    entries = told(*(record(path=f"/{number}") for number in range(1, 4)))
    assert [(e["number"], e["request"]["path"]) for e in entries] == [
        (1, "/1"),
        (2, "/2"),
        (3, "/3"),
    ]


def test_a_sign_in_takes_little_room() -> None:
    async def size() -> int:
        store = MemoryStore()
        await Journal(store, "default", "journal").write(record(Shape("***", "a:read")))
        (kept,) = await store.read("default", "journal")
        return len(kept.value)

    assert asyncio.run(size()) < 350
