"""What is stored and how it goes: look-up, removal, access times."""
