"""Every setting: its key, default, rule and meaning, and where its value comes from."""
