"""C++ source cut into tokens, without comments, strings and preprocessor lines: enough for the lints here."""

import re
from typing import NamedTuple


class Token(NamedTuple):
    text: str
    line: int


_PATTERN = re.compile(
    r"""
    (?P<comment>//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/)
  | (?P<raw>(?:u8|[uUL])?R"(?P<delimiter>[^()\s\\]{0,16})\(.*?\)(?P=delimiter)")
  | (?P<text>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
  | (?P<number>\.?\d(?:[eEpP][+-]|'(?=\w)|[\w.])*)
  | (?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)*')
  | (?P<directive>^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<mark>->|::|&&|\|\||==|!=|<=|>=|\+\+|--|<<|[-+*/%&|^]=|\S)
  | (?P<space>\s+)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def tokens(source):
    """A literal becomes one token ("" for a string, '' for a character, 0 for a number): what is in it does not matter."""
    found = []
    line = 1
    for match in _PATTERN.finditer(source):
        kind = match.lastgroup
        if kind in ("word", "mark"):
            found.append(Token(match.group(), line))
        elif kind in ("raw", "text"):
            found.append(Token('""', line))
        elif kind == "char":
            found.append(Token("''", line))
        elif kind == "number":
            found.append(Token("0", line))
        line += match.group().count("\n")
    return found
