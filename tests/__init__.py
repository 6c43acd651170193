"""Tests. They mirror scripts/ and snippets/; ``browser/`` opens the built site in Chromium."""
