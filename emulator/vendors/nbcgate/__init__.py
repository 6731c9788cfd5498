"""NBC Gate: sign-in with e-mail and password, as its API reference documents it."""
