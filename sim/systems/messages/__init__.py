"""Messages: the media, who can be reached by them, and how people respond."""
