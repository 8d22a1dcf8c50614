"""How a handout looks: light and dark, on a screen and on paper."""

STYLE = """\
:root { color-scheme: light dark; --ink: #222; --paper: #fff; --soft: #f4f4f1; --line: #d8d8d2; --accent: #1d63c8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e4e0; --paper: #16171a; --soft: #202226; --line: #3a3d42; --accent: #6ea8ff; }
}
html { background: var(--paper); color: var(--ink); font: 17px/1.6 system-ui, "Noto Sans CJK TC", "PingFang TC",
  "Microsoft JhengHei", sans-serif; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); line-height: 1.3; }
a { color: var(--accent); }
figure { margin: 1.2rem 0; }
figcaption { font-weight: 600; }
pre { font: 14px/1.25 "DejaVu Sans Mono", "Cascadia Mono", Menlo, Consolas, "Noto Sans Mono CJK TC", monospace;
  background: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: .6rem .8rem; margin: .4rem 0;
  overflow-x: auto; }
pre.typed { color: var(--accent); border-style: none; white-space: pre-wrap; }
pre.screen { line-height: 1.17; }
p.prints { margin: .4rem 0 0; }
.picture { background: #fff; border: 1px solid var(--line); border-radius: 4px; padding: .5rem; margin: .4rem 0; }
.picture svg { display: block; max-width: 100%; height: auto; }
.question { border-left: 4px solid var(--accent); padding: .1rem 1rem; background: var(--soft); }
footer { margin: 3rem 0 1rem; color: #808080; font-size: 14px; }
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #fff; --line: #999; --accent: #1d63c8; }
  html { font-size: 11pt; }
  body { max-width: none; margin: 0; }
  pre { font-size: 8.5pt; overflow: visible; }
  figure, .question, pre { break-inside: avoid; }
  h2 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
