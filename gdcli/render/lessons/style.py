"""How a handout looks: light and dark, on a screen and on paper."""

from __future__ import annotations

from gdcli.render import theme

__all__ = ["style"]


def style() -> str:
    """The handout's style sheet, in the theme's colours."""
    return _colors() + STYLE


def _colors() -> str:
    """The names that the style sheet has for colours, on a light ground, on a dark one, and on paper."""
    light = _named(theme.LIGHT, theme.STEP.color.light)
    dark = _named(theme.DARK, theme.STEP.color.dark)
    rules = (
        f":root {{ color-scheme: light dark; --bright: {theme.LIGHT.paper}; {light} }}",
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}",
        f"@media print {{ :root {{ color-scheme: light; {light} }} }}",
    )
    return "\n".join(rules) + "\n"


def _named(ground: theme.Ground, accent: str) -> str:
    soft, line = (f"color-mix(in srgb, {ground.ink} {part}%, {ground.paper})" for part in (5, 18))
    return f"--ink: {ground.ink}; --paper: {ground.paper}; --soft: {soft}; --line: {line}; --accent: {accent};"


STYLE = """\
html { background: var(--paper); color: var(--ink); font: 17px/1.6 system-ui, "Noto Sans CJK TC", "PingFang TC",
  "Microsoft JhengHei", sans-serif; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); line-height: 1.3; }
a { color: var(--accent); }
figure { margin: 1.2rem 0; }
figcaption { font-weight: 600; }
pre i { display: inline-block; width: 2ch; font-style: normal; text-align: center; }
pre { font: 14px/1.25 "DejaVu Sans Mono", "Cascadia Mono", Menlo, Consolas, "Noto Sans Mono CJK TC", monospace;
  background: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: .6rem .8rem; margin: .4rem 0;
  overflow-x: auto; }
pre.typed { color: var(--accent); border-style: none; white-space: pre-wrap; }
pre.screen { line-height: 1.17; }
p.prints { margin: .4rem 0 0; }
.picture { background: var(--bright); border: 1px solid var(--line); border-radius: 4px; padding: .5rem;
  margin: .4rem 0; }
.picture svg { display: block; max-width: 100%; height: auto; }
.question { border-left: 4px solid var(--accent); padding: .1rem 1rem; background: var(--soft); }
footer { margin: 3rem 0 1rem; opacity: .6; font-size: 14px; }
@media print {
  html { font-size: 11pt; }
  body { max-width: none; margin: 0; }
  pre { font-size: 8.5pt; overflow: visible; }
  figure, .question, pre { break-inside: avoid; }
  h2 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
