"""What the calculators run: in the browser under MicroPython, at build and in tests under Python.

These modules import each other and nothing else but what both Pythons have. What MicroPython lacks is listed in
``tests/test_engine.py``.
"""
