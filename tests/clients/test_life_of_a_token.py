"""State machines over the whole life of Vault's tokens, held against a model.

At no time is a used, revoked, expired or foreign token accepted, nor a good one refused.
"""

import os
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    multiple,
    rule,
    run_state_machine_as_test,
)

from clients.driving import CLIENTS, FOREIGN, USERS, Driver
from clients.model import Pair, RefreshRules

MOVES = (0.5, 1, 2, 29, 30, 59, 60, 61, 299, 599, 600, 601)
SCOPES = st.sampled_from([None, "a", "b", "b a"])


class Life(RuleBasedStateMachine):
    """Sign-ins, refreshes and all that may become of their tokens, in any order."""

    refreshing: ClassVar = RefreshRules()

    pairs: Bundle[Pair] = Bundle("pairs")

    def __init__(self) -> None:
        super().__init__()
        self.driver = Driver(self.refreshing)
        self.held: Pair | None = None
        self.kept: Pair | None = None

    def teardown(self) -> None:
        """Try every token once more, whatever became of it."""
        try:
            self.driver.try_everything()
        finally:
            self.driver.close()

    @rule(target=pairs, user=st.sampled_from(USERS), client=st.sampled_from(CLIENTS), scope=SCOPES)
    def sign_in(self, user: str, client: str, scope: str | None) -> Pair:
        return self.driver.sign_in(user, client, scope)

    @rule(target=pairs, pair=pairs, client=st.sampled_from([None, None, *CLIENTS]), scope=SCOPES)
    def refresh(
        self, pair: Pair, client: str | None, scope: str | None
    ) -> Pair | MultipleResults[Pair]:
        answer = self.driver.refresh(pair.refresh, client, scope)
        return answer if answer is not None else multiple()

    @rule(pair=pairs)
    def use(self, pair: Pair) -> None:
        self.driver.use(pair.access)

    @rule(pair=pairs)
    def introspect(self, pair: Pair) -> None:
        self.driver.introspect(pair.access)
        self.driver.introspect(pair.refresh)

    @rule(pair=pairs, refresh=st.booleans())
    def revoke(self, pair: Pair, *, refresh: bool) -> None:
        self.driver.revoke(pair.refresh if refresh else pair.access)

    @rule(pair=pairs)
    def log_out(self, pair: Pair) -> None:
        self.driver.log_out(pair.access)

    @rule(seconds=st.sampled_from(MOVES), back=st.booleans())
    def move_the_clock(self, seconds: float, *, back: bool) -> None:
        self.driver.advance(-seconds if back else seconds)

    @rule()
    def rotate_the_keys(self) -> None:
        self.driver.rotate()

    @rule(pair=pairs, how=st.sampled_from(FOREIGN))
    def come_with_foreign_tokens(self, pair: Pair, how: str) -> None:
        access, refresh = self.driver.foreign(pair, how)
        self.driver.refuse_access(access)
        self.driver.refuse_refresh(refresh)

    @rule(target=pairs, restart=st.booleans(), remember=st.booleans())
    def call(self, *, restart: bool, remember: bool) -> Pair | MultipleResults[Pair]:
        """A client that refreshes, and else signs in again, always gets through.

        It begins again with what it wrote down, which may be old, and writes down what it has.
        """
        if restart:
            self.held = self.kept
        new: list[Pair] = []
        if self.held is None or not self.driver.use(self.held.access):
            again = self.held and self.driver.refresh(self.held.refresh)
            if again is None or not self.driver.use(again.access):
                again = self.driver.sign_in(USERS[0], CLIENTS[0])
                assert self.driver.use(again.access)
            self.held = again
            new.append(again)
        if remember:
            self.kept = self.held
        return multiple(*new)


def run(how: RefreshRules) -> None:
    """In CI the same examples each time, and no search for a shorter one, which takes minutes."""
    in_ci = os.environ.get("CI") == "true"
    profile = settings(
        max_examples=50,
        stateful_step_count=40,
        deadline=None,
        derandomize=in_ci,
        database=None,
        phases=[Phase.generate] if in_ci else [Phase.generate, Phase.shrink],
    )
    machine: Any = type("Life", (Life,), {"refreshing": how})
    run_state_machine_as_test(machine, settings=profile)


@pytest.mark.parametrize("grace", [0, 30])
@pytest.mark.parametrize("reuse", ["refuse", "revoke_family", "allow"])
def test_only_good_tokens_are_accepted_and_every_good_one_is(reuse: str, grace: int) -> None:
    run(RefreshRules(reuse=reuse, grace=grace))


def test_without_rotation_no_refresh_token_is_ever_used_up() -> None:
    run(RefreshRules(rotate=False))


@pytest.mark.parametrize("use", ["access", "refresh"])
@pytest.mark.parametrize(("before", "after"), [(-2, 2), (600, -599)])
def test_what_is_revoked_stays_so_however_the_clock_moves(
    use: str, before: float, after: float
) -> None:
    """The machines find this too, but not in so few examples as CI runs."""
    driver = Driver(RefreshRules())
    pair = driver.sign_in(USERS[0], CLIENTS[0])
    driver.advance(before)
    driver.revoke(pair.access if use == "access" else pair.refresh)
    driver.advance(after)
    try:
        driver.try_everything()
    finally:
        driver.close()
