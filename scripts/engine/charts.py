"""Draw a calculator's chart as SVG: a curve over one input, or bars against a limit.

Its colors and sizes are those of ``docs/assets/stylesheets/calculator.css``: each shape says only what it is.
"""

import math

from scripts.engine.fields import Problem
from scripts.engine.writing import fixed, rounded, writer

WIDTH, HEIGHT = 340, 250
RIGHT, TOP, BOTTOM = 322, 26, 206  # of the area between the axes; its left side is where the words of the axis end
LETTER = 6.2  # the width of one in the text of an axis
POINTS = 25  # of a curve: each is one run of the script
MOST_TICKS = 6
KINDS = ("line", "second")  # of what is drawn first and what is drawn second
ROW, BAR = 80, 26  # of bars: one with its words, and its own height


def draw(chart: dict, names: dict, again: object) -> str:
    """Return the SVG of a chart.

    chart: as ``scripts.calculators`` describes it. names: what the script left. again: runs the script with some
    literals changed and returns its names.
    """
    return bars(chart, names) if chart["kind"] == "bars" else curve(chart, names, again)


def picture(height: float, shapes: list, label: str) -> str:
    inner = "".join(shapes)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{label}">{inner}</svg>'


def text(x: float, y: float, content: str, kind: str) -> str:
    """Return a text; ``kind`` are its classes, of which ``middle`` and ``end`` place it."""
    return f'<text x="{fixed(x, 1)}" y="{fixed(y, 1)}" class="{kind}">{content}</text>'


def line(x: float, y: float, to_x: float, to_y: float, kind: str) -> str:
    ends = f'x1="{fixed(x, 1)}" y1="{fixed(y, 1)}" x2="{fixed(to_x, 1)}" y2="{fixed(to_y, 1)}"'
    return f'<line {ends} class="{kind}"/>'


# --- a curve ---


class Axis:
    """One axis: from a value to a place between ``start`` and ``stop``, in logarithms or not."""

    def __init__(self, low: float, high: float, log: bool, start: float, stop: float) -> None:
        if low == high:
            low, high = (low / 2, high * 2) if log else (low - 1, high + 1)
        self.low, self.high, self.log, self.start, self.stop = low, high, log, start, stop

    def place(self, value: float) -> float:
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log10(value), math.log10(low), math.log10(high)
        return self.start + (value - low) / (high - low) * (self.stop - self.start)

    def ticks(self) -> list:
        """Return round values along the axis: few, and at least two where that can be."""
        if not self.log:
            return self.even_ticks()
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for factors in ((1, 2, 5), (1, 3), (1,)):
            found = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
            found = [each for each in found if self.low <= each <= self.high]
            if len(found) <= MOST_TICKS:
                return found if len(found) > 1 else self.even_ticks()
        step = (len(found) - 1) // MOST_TICKS + 1
        return found[::step]

    def even_ticks(self) -> list:
        power = math.floor(math.log10(self.high - self.low)) - 1
        step = next(
            factor * 10.0**power
            for factor in (1, 2, 5, 10, 20, 50)
            if (self.high - self.low) / factor / 10.0**power < 6
        )
        first = math.ceil(self.low / step - 1e-9)
        return [step * n for n in range(first, first + 8) if step * n <= self.high * (1 + 1e-9)]


def tick_text(value: float, write: str) -> str:
    """Return a value with as many digits as it has, three at most."""
    if value == 0:
        return writer(write)(0, 1)
    units, _ = rounded(value, 3)
    return writer(write)(value, len(str(units).rstrip("0")))


def samples(chart: dict, names: dict, again: object) -> list:
    """Return x and the values of each line for some values of the input that is swept; where it refuses, nothing."""
    low, high = (eval(chart[end], dict(names)) for end in ("start", "stop"))
    found, seen = [], set()
    for step in range(POINTS):
        share = step / (POINTS - 1)
        value = low * (high / low) ** share if chart["log_x"] else low + (high - low) * share
        if step == POINTS - 1:
            value = high
        if chart["whole"]:
            value = math.floor(value + 0.5)
        if value in seen:
            continue
        seen.add(value)
        try:
            there = again({chart["sweep"]: repr(value)})
        except Problem:
            continue
        found.append([there[chart["x"]]] + [there[each["name"]] for each in chart["lines"]])
    return found


def curve(chart: dict, names: dict, again: object) -> str:
    """Return the SVG of one or two outputs against an input or another output, the reader's own place marked."""
    points = samples(chart, names, again)
    own = [names[chart["x"]]] + [names[each["name"]] for each in chart["lines"]]
    every = points.copy()
    every.append(own)
    heights = [value for point in every for value in point[1:]]
    low, high = min(heights), max(heights)
    wide = chart["log_y"] and low > 0
    y = Axis(low / 1.25, high * 1.25, True, BOTTOM, TOP) if wide else Axis(0, high * 1.1 or 1, False, BOTTOM, TOP)
    steps = [(y.place(value), tick_text(value, chart["y_write"])) for value in y.ticks()]
    left = max(len(words) for _, words in steps) * LETTER + 8
    x = Axis(min(p[0] for p in every), max(p[0] for p in every), chart["log_x"], left, RIGHT)
    shapes = [text(2, 13, chart["y_label"], "axis"), text(RIGHT, HEIGHT - 6, chart["x_label"], "axis end")]
    for place, words in steps:
        shapes.append(line(left, place, RIGHT, place, "grid"))
        shapes.append(text(left - 6, place + 4, words, "axis end"))
    for value in x.ticks():
        shapes.append(line(x.place(value), BOTTOM, x.place(value), BOTTOM + 4, "grid"))
        shapes.append(text(x.place(value), BOTTOM + 17, tick_text(value, chart["x_write"]), "axis middle"))
    shapes.append(line(left, BOTTOM, RIGHT, BOTTOM, "base"))
    paths = [[(x.place(p[0]), y.place(p[n])) for p in points] for n in range(1, len(own))]
    for path, kind in zip(paths, KINDS):
        places = " ".join(f"{fixed(a, 1)},{fixed(b, 1)}" for a, b in path)
        shapes.append(f'<polyline points="{places}" class="{kind}"/>')
    if len(paths) > 1:
        shapes += names_of_lines(paths, [each["label"] for each in chart["lines"]])
    shapes += own_place(own, x, y, writer(chart["y_write"]))
    return picture(HEIGHT, shapes, chart["caption"])


def names_of_lines(paths: list, labels: list) -> list:
    """Return the lines' names, each beside its line, at the side where the lines are further apart."""
    gaps = [abs(paths[0][end][1] - paths[1][end][1]) for end in (0, -1)]
    at_left = gaps[0] >= gaps[1]
    shapes = []
    for path, label, kind in zip(paths, labels, KINDS):
        (x, y), falls = path[0 if at_left else -1], path[-1][1] > path[0][1] + 8
        below = falls != at_left and y < BOTTOM - 20  # a line that falls to the right has room above its left end
        place = y + 17 if below else y - 7
        if at_left:
            shapes.append(text(x + (14 if falls else 4), max(place, TOP - 2), label, f"name {kind}"))
        else:
            shapes.append(text(x - 4, place, label, f"name {kind} end"))
    return shapes


def own_place(own: list, x: Axis, y: Axis, write: object) -> list:
    """Return the mark of the reader's own numbers on each line, and the value on the first."""
    at = x.place(own[0])
    shapes = [
        f'<circle cx="{fixed(at, 1)}" cy="{fixed(y.place(value), 1)}" r="5" class="{kind}"/>'
        for value, kind in zip(own[1:], KINDS)
    ]
    words = write(own[1], 3)
    if at + 8 + len(words) * LETTER * 1.25 > WIDTH:  # bold letters are wider
        shapes.append(text(WIDTH - 2, y.place(own[1]) - 9, words, "calculated own end"))
    else:
        shapes.append(text(at + 8, y.place(own[1]) - 9, words, "calculated own"))
    return shapes


# --- bars ---


def bars(chart: dict, names: dict) -> str:
    """Return the SVG of bars made of parts, against a limit that they should not pass."""
    write = writer(chart["write"])
    limit = eval(chart["limit"], dict(names))
    rows = [[eval(part["value"], dict(names)) for part in row["parts"]] for row in chart["rows"]]
    x = Axis(0, max([limit] + [sum(row) for row in rows]) * 1.02, False, 2, WIDTH - 2)
    height = ROW * len(rows) + 26
    shapes = []
    for number, (row, values) in enumerate(zip(chart["rows"], rows)):
        top, start = number * ROW + 22, 0
        shapes.append(text(2, top - 7, f"{row['label']}: {write(sum(values), 3)}", "calculated row"))
        for place, (value, part, kind) in enumerate(zip(values, row["parts"], KINDS)):
            left, right = x.place(start), x.place(start + value)
            box = f'x="{fixed(left, 1)}" y="{top}" width="{fixed(right - left, 1)}" height="{BAR}"'
            shapes.append(f'<rect {box} class="{kind}"/>')
            shapes.append(f'<rect x="{2 + 172 * place}" y="{top + BAR + 7}" width="10" height="10" class="{kind}"/>')
            words = f"{part['label']} {write(value, 3)}"
            shapes.append(text(17 + 172 * place, top + BAR + 16, words, "calculated"))
            start += value
    at = x.place(limit)
    side = " end" if at > WIDTH / 2 else ""
    shapes.append(line(at, 18, at, height - 20, "limit"))
    shapes.append(text(at, height - 6, f"{chart['limit_label']} {write(limit, 3)}", "calculated" + side))
    return picture(height, shapes, chart["caption"])
