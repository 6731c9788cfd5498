"""All that changes while the emulator runs lives behind one small protocol."""

from emulator.core.store.memory import MemoryStore
from emulator.core.store.protocol import LogEntry, Store, StoreFull, VersionConflict

__all__ = ["LogEntry", "MemoryStore", "Store", "StoreFull", "VersionConflict"]
