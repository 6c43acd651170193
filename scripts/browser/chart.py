"""Draw a calculator's chart: bars on one scale, in SVG that stretches, their words in HTML that does not.

Colors and sizes are in the style sheet: each shape says only what it is.
"""

LEAST = 0.3  # percent: what is drawn of a part that is too small to see
HATCH = '<defs><pattern id="idle" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
HATCH += '<rect width="2" height="5" class="work"/></pattern></defs>'
FAR = 99999  # from the picture: nothing is drawn beyond
ROOM = 98  # percent of the width that the longest bar takes


def draw(chart: dict, names: dict, label: object, amount: object) -> str:
    """Return the HTML of a chart.

    chart: as ``scripts.calculators`` describes it. names: what the script left. label: fills in a row's words. amount:
    writes a value.
    """
    limit = eval(chart["limit"], dict(names)) if chart["limit"] else 0
    rows = []
    for words, parts, ends in chart["rows"]:
        parts, ends = ([eval(each, dict(names)) for each in every] for every in (parts, ends))
        rows.append((label(words), parts, ends))
    scale = ROOM / max([limit] + [max([sum(parts)] + ends) for _, parts, ends in rows])
    kinds = [kind for kind, _ in chart["key"]]
    html = "".join([row(each, kinds, limit, scale, amount) for each in rows])
    html = html.replace('aria-hidden="true">', 'aria-hidden="true">' + HATCH, 1) if "idle" in kinds else html
    key = "".join([f'<span class="{kind}">{words}</span>' for kind, words in chart["key"]])
    key += '<span class="range">likely range</span>' if any([ends and ends[0] < ends[1] for _, _, ends in rows]) else ""
    key += f'<span class="limit">room for {amount(limit)}</span>' if limit else ""
    return f'<div class="compare">{html}</div><p class="key">{key}</p>'


def row(each: tuple, kinds: list, limit: float, scale: float, amount: object) -> str:
    """Return one bar with its words before it and its value behind it."""
    words, parts, ends = each
    start, shapes = 0, ""
    for kind, part in zip(kinds, parts):
        shapes += box(start, 0, part * scale, 14, kind)
        start += part * scale
    if ends and ends[0] < ends[1]:
        shapes += box(ends[0] * scale, 17, (ends[1] - ends[0]) * scale, 2, "range")
    if limit:
        shapes += box(limit * scale, 0, LEAST, 20, "limit")
    bar = f'<svg height="20" aria-hidden="true">{shapes}</svg>'
    return f"<span>{words}</span>{bar}<b>{amount(sum(parts))}</b>"


def box(left: float, top: int, wide: float, high: int, kind: str) -> str:
    """Return a box, placed in percent across and in pixels down."""
    across = f'x="{place(left)}%" width="{place(max(wide, LEAST))}%"'
    fill = ' fill="url(#idle)"' if kind == "idle" else ""  # a style sheet would look for it in its own file
    return f'<rect {across} y="{top}" height="{high}" class="{kind}"{fill}/>'


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
