"""The catalogues of translations: what the program says, the `.po` files, and `gdcli.mo` made of them.

`python tests/catalogue.py` writes both anew: translations stay, new messages are empty, old ones go.
"""

import ast
import re
import struct
from functools import cache
from pathlib import Path
from string import Formatter

import gdcli
from gdcli.render.translation import DOMAIN, FOLDER

HOME = Path(gdcli.__file__).parent
ZH_TW = FOLDER / "zh_TW" / "LC_MESSAGES"
HEADER = (
    "Project-Id-Version: gdcli\nLanguage: zh_TW\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
)
CALL = re.compile(r"""(?<![.\w])say\(\s*((?:(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*)+)""")
"""`say` and the literals of its template; read so, since parsing every file takes seconds."""
NOT_LITERAL = re.compile(r"(?<![.\w])(?<!def )say\(\s*[^\s\"']")
EXAMPLE = re.compile(r"^\s*(?:>>>|\.\.\.) .*$", re.MULTILINE)
ENTRY = re.compile(r'((?:#.*\n)*)msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)')


@cache
def messages():
    """Every message of the program, and the files that say it."""
    found = {}
    for path in sorted(HOME.rglob("*.py")):
        text = EXAMPLE.sub("", path.read_text(encoding="utf-8"))
        for literal in CALL.findall(text):
            template = ast.literal_eval(f"({literal})")
            if has_words(template):
                found.setdefault(template, set()).add(path.relative_to(HOME.parent).as_posix())
    return found


def not_literal():
    """Calls whose template no tool can read."""
    return [path.name for path in HOME.rglob("*.py") for _ in NOT_LITERAL.findall(path.read_text(encoding="utf-8"))]


def has_words(template):
    """Whether there is something to translate besides fields: words, or signs that Chinese has full-width."""
    parts = list(Formatter().parse(template))
    return any(re.search(r"[A-Za-z;:(]|^\.$", text) for text, *_ in parts) or all(
        field is None for _, field, *_ in parts
    )


def room(files):
    """The folder whose `.po` file a message stands in: the first that says it."""
    return min(Path(file).parts[1].removesuffix(".py") for file in files)


def fields(template):
    """The fields of a template, each with its conversion and format, those within formats too."""
    found = set()
    for _, name, form, conversion in Formatter().parse(template):
        if name is not None:
            found |= {(name, conversion, form), *fields(form)}
    return found


def quoted(text):
    """A text as a `.po` file holds it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def unquoted(lines):
    """The text of the lines of a `.po` file."""
    signs = {"n": "\n", "t": "\t"}
    text = "".join(line[1:-1] for line in lines.splitlines())
    return re.sub(r"\\(.)", lambda sign: signs.get(sign[1], sign[1]), text)


def read(path):
    """The entries of a `.po` file: message, translation, comments."""
    entries = ENTRY.findall(path.read_text(encoding="utf-8"))
    return [(unquoted(message), unquoted(translation), comments) for comments, message, translation in entries]


def translations():
    """Every translation that there is, by its message."""
    return {m: t for path in sorted(ZH_TW.glob("*.po")) for m, t, _ in read(path) if m and t}


def sources(known):
    """The `.po` files, by name."""
    files = {}
    for message, places in sorted(messages().items()):
        places = "".join(f"#: {place}\n" for place in sorted(places))
        flag = "#, python-brace-format\n" if fields(message) else ""
        entry = f"{places}{flag}msgid {quoted(message)}\nmsgstr {quoted(known.get(message, ''))}\n"
        files.setdefault(f"{room(messages()[message])}.po", []).append(entry)
    start = 'msgid ""\nmsgstr ""\n' + "".join(f"{quoted(line)}\n" for line in HEADER.splitlines(keepends=True))
    return {name: "\n".join([start, *entries]) for name, entries in files.items()}


def compiled(known):
    """The catalogue as gettext reads it."""
    pairs = sorted((m.encode(), t.encode()) for m, t in {"": HEADER, **known}.items())
    ids = b"\0".join(m for m, _ in pairs) + b"\0"
    texts = b"\0".join(t for _, t in pairs) + b"\0"
    begin = 28 + 16 * len(pairs)
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, begin)
    return head + _table([m for m, _ in pairs], begin) + _table([t for _, t in pairs], begin + len(ids)) + ids + texts


def _table(texts, start):
    table = b""
    for text in texts:
        table += struct.pack("<2I", len(text), start)
        start += len(text) + 1
    return table


def write():
    """Writes the `.po` files and the catalogue."""
    known = translations()
    ZH_TW.mkdir(parents=True, exist_ok=True)
    for path in ZH_TW.glob("*.po"):
        path.unlink()
    for name, text in sources(known).items():
        (ZH_TW / name).write_text(text, encoding="utf-8", newline="\n")
    known = {message: text for message, text in known.items() if message in messages()}
    (ZH_TW / f"{DOMAIN}.mo").write_bytes(compiled(known))


if __name__ == "__main__":
    write()
