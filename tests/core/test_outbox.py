"""Mails are kept in their order, and a realm that is gone gets none."""

import asyncio
import logging

import pytest

from emulator.core.outbox import Mail, Outbox
from emulator.core.store import MemoryStore


def mail(to: str) -> Mail:
    return Mail(
        vendor="nbcgate",
        to=to,
        code="123456",
        sent_at="2025-01-01T00:00:00.000Z",
        expires_at="2025-01-01T00:05:00.000Z",
    )


def outbox(store: MemoryStore, *, is_closed: bool = False, show_codes: bool = False) -> Outbox:
    return Outbox(store, "r", "outbox", lambda: is_closed, show_codes=show_codes)


def test_mails_come_back_as_they_were_sent_each_with_its_number() -> None:
    async def two_mails(after: int) -> list[tuple[int, Mail]]:
        found = outbox(MemoryStore())
        await found.put(mail("a@example.com"))
        await found.put(mail("ü@example.com"))
        return await found.mails(after)

    sent = [(1, mail("a@example.com")), (2, mail("ü@example.com"))]
    assert asyncio.run(two_mails(0)) == sent
    assert asyncio.run(two_mails(1)) == sent[1:]


def test_the_newest_thousand_mails_are_kept() -> None:
    async def work() -> None:
        found = outbox(MemoryStore())
        for number in range(1, 1_003):
            await found.put(mail(f"u{number}@example.com"))
        kept = await found.mails()
        assert [number for number, _ in kept] == list(range(3, 1_003))
        assert kept[-1][1].to == "u1002@example.com"

    asyncio.run(work())


def test_a_realm_that_is_gone_gets_no_mail_and_leaves_nothing_in_the_store() -> None:
    store = MemoryStore()
    closed = outbox(store, is_closed=True)
    asyncio.run(closed.put(mail("a@example.com")))
    assert asyncio.run(closed.mails()) == []
    assert store.realms_with_data == frozenset()


@pytest.mark.parametrize("show_codes", [False, True])
def test_codes_are_in_the_log_only_where_they_are_to_be(
    caplog: pytest.LogCaptureFixture, *, show_codes: bool
) -> None:
    with caplog.at_level(logging.INFO, "emulator"):
        asyncio.run(outbox(MemoryStore(), show_codes=show_codes).put(mail("ü@example.com")))
    assert caplog.messages == (["code for ?@example.com: 123456"] if show_codes else [])


def test_what_prints_a_mail_does_not_show_its_code() -> None:
    assert "123456" not in repr(mail("a@example.com"))
    assert "123456" not in str(mail("a@example.com"))
