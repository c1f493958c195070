"""Market and adoption: who could sign up, and when each of them does."""
