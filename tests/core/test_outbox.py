"""Mails are kept in their order, and none is laid into the outbox of a realm that is gone."""

import asyncio

from emulator.core.life import Life
from emulator.core.outbox import Mail, Outbox
from emulator.core.store import MemoryStore


def _mail(to: str) -> Mail:
    return Mail("nbcgate", to, "123456", "2025-01-01T00:00:00.000Z", "2025-01-01T00:05:00.000Z")


def test_mails_come_back_as_they_were_laid_in_each_with_its_number() -> None:
    async def two_mails() -> list[tuple[int, Mail]]:
        outbox = Outbox(MemoryStore(), "r", "outbox", Life())
        await outbox.put(_mail("a@example.com"))
        await outbox.put(_mail("ü@example.com"))
        return await outbox.mails()

    assert asyncio.run(two_mails()) == [(1, _mail("a@example.com")), (2, _mail("ü@example.com"))]


def test_a_realm_that_is_gone_gets_no_mail_and_leaves_nothing_in_the_store() -> None:
    store, life = MemoryStore(), Life()
    outbox = Outbox(store, "r", "outbox", life)
    life.over = True
    asyncio.run(outbox.put(_mail("a@example.com")))
    assert asyncio.run(outbox.mails()) == []
    assert store.realms == frozenset()
