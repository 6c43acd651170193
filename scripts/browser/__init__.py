"""What runs in the reader's browser, under MicroPython, and at build, under Python: the calculators' side of things.

These modules import one another, and what both Pythons have.
"""
