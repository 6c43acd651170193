"""The contestants of ``scripts.bench_peers``, one module a library, and how they are timed against each other."""
