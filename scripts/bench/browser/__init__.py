"""Our model in the browser, timed against other engines."""
