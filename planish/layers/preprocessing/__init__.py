"""Layers that prepare or change images before a network sees them."""
