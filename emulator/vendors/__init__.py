"""The vendors: a folder each, with the same modules. None knows another."""
