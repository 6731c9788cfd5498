"""What `scripts/bench` runs: the emulator's speed beside a hand-made mock and oidc-provider.

It knows the emulator from outside only: its command, its HTTP API, its pytest plugin. It reads CPU
time and memory of processes from `/proc`, so it runs on Linux only. It is not part of the wheel.
"""
