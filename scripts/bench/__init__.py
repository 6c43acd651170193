"""Our model timed against other libraries: ``make bench``. Each library has its module here."""
