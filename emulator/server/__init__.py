"""Running the emulator: uvicorn, HTTPS, connection faults, the log, and `serve --watch`."""
