"""Draw a calculator's chart as SVG: a curve over one input, or bars against a limit.

Colors and sizes are in the style sheet: each shape says only what it is.
"""

import math

from scripts.browser.units import fits, parts, written

WIDTH, HEIGHT = 340, 250
RIGHT, TOP, BOTTOM = 322, 26, 206  # of the area between the axes; its left side is where the words of the axis end
LETTER = 6.2  # the width of one in the text of an axis
POINTS = 25  # of a curve: each is one run of the script
MOST_TICKS = 6
KINDS = ("line", "second")  # of what is drawn first and what is drawn second
FAR = 99999  # from the picture: nothing is drawn beyond
ROW, BAR = 80, 26  # of bars: one with its words, and its own height


def draw(chart: dict, names: dict, again: object) -> str:
    """Return the SVG of a chart.

    chart: as ``scripts.calculators`` describes it. names: what the script left. again: runs the script with some
    literals changed and returns its names.
    """
    height, shapes = bars(chart, names) if chart["kind"] == "bars" else curve(chart, names, again)
    inner = "".join(shapes)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{chart["caption"]}">{inner}</svg>'


def place(number: float) -> str:
    """Return a coordinate or a size, as machines read it: digits and a point, never far outside the picture.

    Raises:
        ValueError: it is not a number.

    >>> [place(number) for number in (2060.25, -0.04, 1e300, float("-inf"))]
    ['2060.2', '0.0', '99999.0', '-99999.0']

    """
    if number != number:
        raise ValueError("a coordinate is not a number")
    written = f"{min(max(number, -FAR), FAR):.1f}"
    return "0.0" if written == "-0.0" else written


def text(x: float, y: float, content: str, kind: str) -> str:
    """Return a text; ``kind`` are its classes, of which ``middle`` and ``end`` place it."""
    return f'<text x="{place(x)}" y="{place(y)}" class="{kind}">{content}</text>'


def bold(x: float, y: float, content: str, kind: str) -> str:
    """Return a bold text from a place on, or where it has no room there, up to the right edge."""
    room = x + len(content) * LETTER * 1.25 < WIDTH  # bold letters are wider
    return text(x if room else WIDTH - 2, y, content, kind if room else kind + " end")


def line(x: float, y: float, to_x: float, to_y: float, kind: str) -> str:
    return f'<line x1="{place(x)}" y1="{place(y)}" x2="{place(to_x)}" y2="{place(to_y)}" class="{kind}"/>'


def box(x: float, y: float, wide: float, high: float, kind: str) -> str:
    return f'<rect x="{place(x)}" y="{place(y)}" width="{place(wide)}" height="{place(high)}" class="{kind}"/>'


class Axis:
    """One axis: from a value to a place between ``start`` and ``stop``, in logarithms or not."""

    def __init__(self, low: float, high: float, log: bool, start: float, stop: float) -> None:
        if low == high:
            low, high = low / 2, high * 2 or 1
        self.low, self.high, self.log, self.start, self.stop = low, high, log, start, stop

    def place(self, value: float) -> float:
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log10(value), math.log10(low), math.log10(high)
        return self.start + (value - low) / (high - low) * (self.stop - self.start)

    def ticks(self) -> list:
        """Return round values along the axis, few, and in logarithms at least two where that can be."""
        for factors in ((1, 2, 5), (1, 3), (1,)) if self.log else ():
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            found = [factor * 10.0**power for power in powers for factor in factors]
            found = [each for each in found if self.low <= each <= self.high]
            if 1 < len(found) <= MOST_TICKS:
                return found
        if self.log and len(found) > MOST_TICKS:
            return found[:: len(found) // MOST_TICKS + 1]
        span = self.high - self.low
        power = math.floor(math.log10(span)) - 1
        step = next(n * 10.0**power for n in (1, 2, 5, 10, 20, 50) if span / n / 10.0**power < MOST_TICKS)
        first = math.ceil(self.low / step - 1e-9)
        return [step * n for n in range(first, first + 8) if step * n <= self.high * (1 + 1e-9)]


def tick_text(value: float, unit: str) -> str:
    """Return a value with as many digits as it has, three at most."""
    return written(value, unit, len(parts(value, 3)[0].rstrip("0")) if value else 1)


def samples(chart: dict, names: dict, again: object) -> list:
    """Return x and each y for some values of the input that is swept; where the script refuses, nothing."""
    low, high = (eval(chart[end], dict(names)) for end in ("start", "stop"))
    shares = [step / (POINTS - 1) for step in range(POINTS)]
    values = [low * (high / low) ** share if chart["log"] else low + (high - low) * share for share in shares]
    found = []
    for value in values[:-1] + [high]:
        try:
            there = again({chart["sweep"]: repr(math.floor(value + 0.5) if chart["whole"] else value)})
        except ValueError:
            continue
        point = [there[chart["x"]]] + [there[name] for name in chart["y"]]
        found += [point] if all(fits(value) for value in point) else []
    return found


def curve(chart: dict, names: dict, again: object) -> tuple:
    """Return the height and the shapes of one or two outputs against another name, the reader's own place marked."""
    points = samples(chart, names, again)
    own = [names[chart["x"]]] + [names[name] for name in chart["y"]]
    every = points + [own]
    low, high = (end(value for point in every for value in point[1:]) for end in (min, max))
    log = chart["log"] and low > 0
    y = Axis(low / 1.25, high * 1.25, True, BOTTOM, TOP) if log else Axis(0, high * 1.1 or 1, False, BOTTOM, TOP)
    steps = [(y.place(value), tick_text(value, chart["y_unit"])) for value in y.ticks()]
    left = max(len(words) for _, words in steps) * LETTER + 8
    x = Axis(min(p[0] for p in every), max(p[0] for p in every), chart["log"], left, RIGHT)
    shapes = [text(2, 13, chart["y_label"], "axis"), text(RIGHT, HEIGHT - 6, chart["x_label"], "axis end")]
    for at, words in steps:
        shapes += [line(left, at, RIGHT, at, "grid"), text(left - 6, at + 4, words, "axis end")]
    free = 0  # from where on there is room for words
    for value in x.ticks():
        at, words = x.place(value), tick_text(value, chart["x_unit"])
        shapes.append(line(at, BOTTOM, at, BOTTOM + 4, "grid"))
        if at - len(words) * LETTER / 2 >= free:
            shapes.append(text(at, BOTTOM + 17, words, "axis middle"))
            free = at + len(words) * LETTER / 2
    shapes.append(line(left, BOTTOM, RIGHT, BOTTOM, "base"))
    for number, kind in enumerate(KINDS[: len(chart["y"])], 1):
        path = [(x.place(point[0]), y.place(point[number])) for point in points]
        places = " ".join([place(a) + "," + place(b) for a, b in path])
        shapes.append(f'<polyline points="{places}" class="{kind}"/>')
        across, down = place(x.place(own[0])), place(y.place(own[number]))
        shapes.append(f'<circle cx="{across}" cy="{down}" r="5" class="{kind}"/>')
        if chart["labels"] and path:  # at the left end, above the line
            shapes.append(
                bold(path[0][0] + 14, max(path[0][1] - 7, TOP - 2), chart["labels"][number - 1], "name " + kind)
            )
    words = written(own[1], chart["y_unit"], 3)
    shapes.append(bold(x.place(own[0]) + 8, y.place(own[1]) - 9, words, "calculated own"))
    return HEIGHT, shapes


def bars(chart: dict, names: dict) -> tuple:
    """Return the height and the shapes of bars made of parts, against a limit that they should not pass."""
    limit = eval(chart["limit"], dict(names))
    rows = [[eval(value, dict(names)) for _, value in row] for _, row in chart["rows"]]
    x = Axis(0, max([limit] + [sum(row) for row in rows]) * 1.02, False, 2, WIDTH - 2)
    shapes = []
    for number, (label, row) in enumerate(chart["rows"]):
        values, top, start = rows[number], number * ROW + 22, 0
        shapes.append(text(2, top - 7, f"{label}: {written(sum(values), chart['y_unit'])}", "calculated row"))
        for nth, (part, _) in enumerate(row):
            kind, value, left = KINDS[nth], values[nth], x.place(start)
            wide = x.place(start + value) - left
            shapes.append(box(left, top, wide, BAR, kind))
            shapes.append(box(2 + 172 * nth, top + BAR + 7, 10, 10, kind))
            words = f"{part} {written(value, chart['y_unit'])}"
            shapes.append(text(17 + 172 * nth, top + BAR + 16, words, "calculated"))
            start += value
    height, at = ROW * len(rows) + 26, x.place(limit)
    shapes.append(line(at, 18, at, height - 20, "limit"))
    words = f"{chart['limit_label']} {written(limit, chart['y_unit'])}"
    shapes.append(text(at, height - 6, words, "calculated end" if at > WIDTH / 2 else "calculated"))
    return height, shapes
