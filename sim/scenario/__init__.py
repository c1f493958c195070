"""From YAML text to a frozen, checked scenario; knows values, places and rules of writing, and no system."""
