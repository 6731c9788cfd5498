import pytest

from emulator.config import Config
from emulator.core.discreet import Discreet
from emulator.core.outbox import Mail
from emulator.vendors.nbcgate.codes import FixedCode, TotpCode
from emulator.vendors.nbcgate.rules import User as NbcGateUser
from emulator.vendors.vault.rules import User as VaultUser


@pytest.mark.parametrize(
    "record",
    [
        Config(admin_token="hush-hush"),
        FixedCode("hush-hush"),
        Mail("nbcgate", "alice@example.com", "hush-hush", "then", "later"),
        NbcGateUser(name="alice", password="hush-hush"),
        TotpCode(b"hush-hush"),
        VaultUser(name="alice", password="hush-hush", user_id="usr:1"),
    ],
    ids=lambda record: f"{type(record).__module__}.{type(record).__name__}",
)
def test_what_holds_a_secret_is_shown_without_it(record: Discreet) -> None:
    assert "hush" not in repr(record)
    assert "hush" not in str(record)
    assert "hush" not in str(record.__rich_repr__())
    assert all(name in record.__struct_fields__ for name in record.hidden)


def test_what_is_no_secret_is_shown() -> None:
    shown = repr(NbcGateUser(name="alice", password="hush-hush", scopes=("a",)))
    assert shown.startswith("User(name='alice', status='active', scopes=('a',), ")
