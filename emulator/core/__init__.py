"""What an emulator of sign-in is made of. Imports no web framework and no vendor."""
