"""Containers of pictures: what they say of themselves, and how to keep nothing but the picture."""
