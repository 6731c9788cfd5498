"""What `scripts/bench` runs: the emulator's speed beside its limit and its peers.

It knows the emulator only from outside: the command, its calls, its fixtures. Only Linux tells what
is read of a process here (`/proc`). It is no part of the wheel.
"""
