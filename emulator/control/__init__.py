"""`/_emulator`: what the emulator says of itself, and what services need to verify its tokens."""
