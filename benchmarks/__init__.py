"""What `scripts/bench` runs: the emulator's speed beside its limit and its peers.

It knows the emulator only from outside: the command, its calls, its fixtures. Linux alone tells what
it reads of a process (`/proc`). It is no part of the wheel.
"""
