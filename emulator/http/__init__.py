"""How requests meet the rules: route classes, bearer tokens, resources, errors, the guard."""
