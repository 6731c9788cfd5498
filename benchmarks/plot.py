"""The plot of docs/performance.md: tokens a second at 32 connections, as SVG.

Its colours follow the reader's light or dark scheme; it brings its own background.
"""

from collections.abc import Iterator
from math import ceil, log10

from benchmarks.figures import Figures
from benchmarks.load import CONNECTIONS
from benchmarks.subjects import ALGORITHMS, PEER_ALGORITHMS, VENDORS

_WIDTH, _LEFT, _RIGHT = 760, 190, 60
_ACROSS = _WIDTH - _LEFT - _RIGHT
_BAR, _GAP = 14, 8

_STYLE = """
.ground { fill: #ffffff } .emulator { fill: #1f6feb } .mock { fill: #afb8c1 }
.oidc-provider { fill: #6e7781 } text { fill: #1f2328; font: 12px system-ui, sans-serif }
.title { font-weight: 600; font-size: 13px } .quiet { fill: #59636e; font-size: 11px }
.grid { stroke: #d1d9e0 }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117 } .emulator { fill: #4493f8 } .mock { fill: #818b98 }
  .oidc-provider { fill: #656c76 } text { fill: #f0f6fc } .quiet { fill: #9198a1 }
  .grid { stroke: #3d444d }
}
"""


def plot(figures: Figures) -> str:
    """The whole picture: a panel for each algorithm, all with one scale."""
    panels = {algorithm: list(_groups(figures, algorithm)) for algorithm in ALGORITHMS}
    most = max(rate for groups in panels.values() for _, bars in groups for _, rate in bars)
    step = _step(most)
    scale = _ACROSS / (step * ceil(most / step))
    top, parts = 50, [*_legend()]
    for algorithm, groups in panels.items():
        parts.append(_text(12, top + 12, algorithm, "title"))
        height = sum(_BAR * len(bars) + _GAP for _, bars in groups)
        for mark in range(0, ceil(most / step) * step + 1, step):
            x = _LEFT + mark * scale
            parts.append(f'<path class="grid" d="M{x:.1f} {top - 4}v{height + 4}"/>')
            parts.append(_text(x, top + height + 12, f"{mark:,}", "quiet", "middle"))
        for title, bars in groups:
            parts.append(_text(_LEFT - 8, top + _BAR * len(bars) / 2 + 4, title, anchor="end"))
            for name, rate in bars:
                size = f'width="{rate * scale:.1f}" height="{_BAR - 1}"'
                parts.append(f'<rect class="{name}" x="{_LEFT}" y="{top}" {size}/>')
                parts.append(_text(_LEFT + rate * scale + 6, top + 11, f"{rate:,.0f}", "quiet"))
                top += _BAR
            top += _GAP
        top += 40
    label = f"Tokens a second at {CONNECTIONS} connections, one process"
    parts.append(_text(_LEFT + _ACROSS / 2, top - 8, label, "quiet", "middle"))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" '
            f'width="{_WIDTH}" height="{top}" role="img" aria-label="{label}">',
            f"<style>{_STYLE}</style>",
            f'<rect class="ground" width="{_WIDTH}" height="{top}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _groups(figures: Figures, algorithm: str) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """By title the bars: whose they are, and the tokens a second."""
    for vendor, title in VENDORS.items():
        names = ("emulator", "mock")
        rates = [figures.median(f"{name} {vendor} {algorithm} rate") for name in names]
        yield title, list(zip(names, rates, strict=True))
    if algorithm in PEER_ALGORITHMS:
        rate = figures.median(f"oidc-provider {algorithm} rate")
        yield "client credentials", [("oidc-provider", rate)]


def _legend() -> Iterator[str]:
    names = {"emulator": "the emulator", "mock": "hand-made mock", "oidc-provider": "oidc-provider"}
    for number, (name, title) in enumerate(names.items()):
        x = _LEFT + 140 * number
        yield f'<rect class="{name}" x="{x}" y="14" width="12" height="12"/>'
        yield _text(x + 18, 24, title)


def _step(most: float) -> int:
    """A round number that fits into `most` up to eight times."""
    power: int = 10 ** int(log10(most))
    return next(step for step in (power // 5, power // 2, power, 2 * power) if most <= 8 * step)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.0f}" text-anchor="{anchor}">{text}</text>'
