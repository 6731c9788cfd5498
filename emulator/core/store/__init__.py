"""The store: everything that changes while the emulator runs."""

from emulator.core.store.memory import MemoryStore
from emulator.core.store.protocol import (
    LogEntry,
    LogPosition,
    Store,
    StoredState,
    StoreFull,
    VersionConflict,
)

__all__ = [
    "LogEntry",
    "LogPosition",
    "MemoryStore",
    "Store",
    "StoreFull",
    "StoredState",
    "VersionConflict",
]
