"""The vendors: a package each, with the same modules. They do not import each other."""
