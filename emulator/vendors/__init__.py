"""The vendors. Each is the same handful of files and knows nothing of the others."""
