"""The generators of the scripts, a theme or more each."""
