"""HTTP: route classes, bearer tokens, resources, errors, the guard."""
