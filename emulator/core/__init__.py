"""The emulator without web framework and vendors."""
