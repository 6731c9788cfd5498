"""The plot of docs/performance.md: tokens a second beside limit and peers, as SVG.

Its colours follow the reader's light or dark scheme; it brings its own background.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log10
from statistics import median

from benchmarks.figures import Figures
from benchmarks.load import MANY
from benchmarks.ours import TITLES, TOKENS, VENDORS
from benchmarks.signing import ALGORITHMS
from benchmarks.targets import PEERS
from benchmarks.throughput import limit

_WIDTH, _LEFT, _RIGHT = 760, 170, 90
_ROW, _BAR = 22, 14
_ACROSS = _WIDTH - _LEFT - _RIGHT

_STYLE = """
.ground { fill: #ffffff } .ours { fill: #1f6feb } .peer { fill: #8c959f }
text { fill: #1f2328; font: 12px system-ui, sans-serif }
.title { font-weight: 600; font-size: 13px }
.quiet { fill: #59636e; font-size: 11px } .grid { stroke: #d1d9e0 }
.limit { stroke: #bc4c00; stroke-width: 3 }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117 } .ours { fill: #4493f8 } .peer { fill: #656c76 }
  text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #3d444d }
  .limit { stroke: #f0883e }
}
"""


@dataclass(frozen=True)
class Bar:
    """Tokens a second of somebody, and the most that one process of ours could reach."""

    name: str
    rate: float
    limit: float | None = None


def plot(figures: Figures) -> str:
    """The whole picture: a panel an algorithm, each with a scale of its own."""
    top = 50
    parts: list[str] = []
    for algorithm in ALGORITHMS:
        bars = list(_bars(figures, algorithm))
        if bars:
            parts += _panel(algorithm, bars, top)
            top += 60 + _ROW * len(bars)
    height = top + 12
    label = f"Tokens a second at {MANY} connections, one process"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            f'width="{_WIDTH}" height="{height}" role="img" aria-label="{label}">',
            f"<style>{_STYLE}</style>",
            f'<rect class="ground" width="{_WIDTH}" height="{height}"/>',
            *_legend(),
            *parts,
            _text(_LEFT + _ACROSS / 2, top, f"{label} (longer is faster)", "quiet", "middle"),
            "</svg>\n",
        ]
    )


def _bars(figures: Figures, algorithm: str) -> Iterator[Bar]:
    for vendor in VENDORS:
        rate = figures.median(f"{vendor} {algorithm} at {MANY}")
        if rate is not None:
            limits = limit(figures, algorithm, TOKENS[vendor])
            yield Bar(TITLES[vendor], rate, median(limits) if limits else None)
    for peer in PEERS:
        rate = figures.median(f"{peer} {algorithm} at {MANY}")
        if rate is not None:
            yield Bar(peer, rate)


def _legend() -> Iterator[str]:
    yield f'<rect class="ours" x="{_LEFT}" y="14" width="12" height="12"/>'
    yield _text(_LEFT + 18, 24, "the emulator")
    yield f'<rect class="peer" x="{_LEFT + 120}" y="14" width="12" height="12"/>'
    yield _text(_LEFT + 138, 24, "peers")
    yield f'<line class="limit" x1="{_LEFT + 200}" x2="{_LEFT + 200}" y1="12" y2="28"/>'
    yield _text(_LEFT + 208, 24, "what uvicorn and the signatures leave one process")


def _panel(algorithm: str, bars: list[Bar], top: int) -> Iterator[str]:
    step = _step(max(max(bar.rate, bar.limit or 0) for bar in bars))
    most = step * ceil(max(max(bar.rate, bar.limit or 0) for bar in bars) / step)
    bottom = top + 12 + _ROW * len(bars)
    yield _text(12, top + 4, algorithm, "title")
    for mark in range(0, int(most) + 1, step):
        x = _LEFT + _ACROSS * mark / most
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top + 8}" y2="{bottom}"/>'
        yield _text(x, bottom + 14, f"{mark:,}", "quiet", "middle")
    for number, bar in enumerate(bars):
        y = top + 12 + _ROW * number
        wide = _ACROSS * bar.rate / most
        kind = "peer" if bar.name in PEERS else "ours"
        yield _text(_LEFT - 8, y + 12, bar.name, anchor="end")
        yield f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{wide:.1f}" height="{_BAR}"/>'
        end = _LEFT + wide
        if bar.limit is not None:
            at = _LEFT + _ACROSS * bar.limit / most
            yield f'<line class="limit" x1="{at:.1f}" x2="{at:.1f}" y1="{y - 2}" y2="{y + 16}"/>'
            # Where the figure would lie across the mark, it stands behind it.
            end = at if end < at < end + 56 else end
        yield _text(end + 6, y + 12, f"{bar.rate:,.0f}")


def _step(most: float) -> int:
    """A round number that goes into `most` four to ten times."""
    power: int = 10 ** int(log10(most))
    return max(1, next(step for step in (power // 5, power // 2, power) if most / step <= 8))


def _text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y}" text-anchor="{anchor}">{said}</text>'
