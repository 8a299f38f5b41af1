"""The protobuf text format, as Caffe's ``.prototxt`` files are written.

Read are nested messages, repeated fields and lists, quoted text, numbers, booleans, the words of
enumerations, and comments. The format: https://protobuf.dev/reference/protobuf/textformat-spec/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from ...errors import ModelError

_Kind = TypeVar("_Kind")

_TOKEN = re.compile(
    r"""(?P<space> \s+ | \#[^\n]* )
    | (?P<text> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | (?P<number> [-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)? ) (?![\w.])
    | (?P<word> [A-Za-z_]\w* )
    | (?P<mark> [{}<>:;,\[\]] )""",
    re.VERBOSE | re.ASCII,
)
_CLOSING = {"{": "}", "<": ">"}
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
# Caffe's own messages nest five deep; the limit keeps foreign files from exhausting the stack.
_DEEPEST = 50
# Of a whole number of 64 bits.
_MOST_DIGITS = 19
_REMEDY = "Take the file as the authors of the network published it."


@dataclass(frozen=True)
class Message:
    """One message: where it begins ("FILE, line N"), and the values of each field in order."""

    where: str
    fields: dict[str, list[Any]] = field(default_factory=dict)

    def all(self, name: str, kind: type[_Kind]) -> list[_Kind]:
        """All values of a field; none if it is not there. Raises ModelError for another type."""
        values = self.fields.get(name, [])
        for value in values:
            whole_as_real = kind is float and type(value) is int
            if type(value) is not kind and not whole_as_real:
                raise ModelError(
                    f"{self.where}: the field {name!r} is not of type {kind.__name__}.", _REMEDY
                )
        return [kind(value) for value in values] if kind is float else list(values)

    def one(self, name: str, kind: type[_Kind], default: _Kind | None = None) -> _Kind:
        """The value of a field that is given at most once, or exactly once without ``default``."""
        values = self.all(name, kind)
        if len(values) > 1:
            raise ModelError(f"{self.where}: the field {name!r} is given twice.", _REMEDY)
        if not values and default is None:
            raise ModelError(f"{self.where}: the field {name!r} is missing.", _REMEDY)
        return values[0] if values else default


def read_prototxt(path: Path) -> Message:
    """The outermost message of a file. Raises ModelError, naming file and line."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"The network {path} cannot be read: {error}.", _REMEDY) from error
    return _Reader(text, path).message()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


class _Reader:
    """A text's tokens, taken one by one."""

    def __init__(self, text: str, path: Path):
        self._path = path
        self._tokens = self._split(text)
        self._token = next(self._tokens)

    def message(self, opening: str = "", depth: int = 0) -> Message:
        """What stands up to the mark that closes ``opening`` (of the outermost: to the end)."""
        if depth > _DEEPEST:
            self._refuse(f"messages nest more than {_DEEPEST} deep")
        found = Message(self._where())
        if opening:
            self._expect(opening)
        while self._token.text != _CLOSING.get(opening, ""):
            if self._token.kind != "word":
                self._refuse("the name of a field is expected")
            name = self._take().text
            found.fields.setdefault(name, []).extend(self._values(depth))
            if self._is_mark(",", ";"):
                self._take()
        if opening:
            self._take()
        return found

    def _values(self, depth: int) -> list[Any]:
        if self._is_mark(":"):
            self._take()
        elif not self._is_mark(*_CLOSING):
            self._refuse("':' or '{' is expected")
        if not self._is_mark("["):
            return [self._value(depth)]
        self._take()
        values: list[Any] = []
        while not self._is_mark("]"):
            if values:
                self._expect(",")
            values.append(self._value(depth))
        self._take()
        return values

    def _value(self, depth: int) -> Any:
        if self._is_mark(*_CLOSING):
            return self.message(self._token.text, depth + 1)
        token = self._token
        if token.kind == "word":
            self._take()
            return _BOOLEANS.get(token.text, token.text)
        if token.kind == "number":
            self._take()
            digits = token.text.lstrip("+-")
            is_whole = digits.isdigit() and len(digits) <= _MOST_DIGITS
            return int(token.text) if is_whole else float(token.text)
        if token.kind != "text":
            self._refuse("a value is expected")
        parts = []
        while self._token.kind == "text":
            parts.append(self._unescape(self._take().text[1:-1]))
        return "".join(parts)

    def _unescape(self, text: str) -> str:
        def meant(escape: re.Match[str]) -> str:
            letter = escape[1]
            if letter.isalnum() and letter not in _ESCAPES:
                self._refuse(f"the escape \\{letter} is not known")
            return _ESCAPES.get(letter, letter)

        return re.sub(r"\\(.)", meant, text)

    def _split(self, text: str) -> Iterator[_Token]:
        offset, line = 0, 1
        while offset < len(text):
            match = _TOKEN.match(text, offset)
            if match is None:
                self._token = _Token("stranger", text[offset : offset + 20].split("\n")[0], line)
                self._refuse("this is not the protobuf text format")
            if match.lastgroup != "space":
                yield _Token(match.lastgroup, match[match.lastgroup], line)
            line += match[0].count("\n")
            offset = match.end()
        yield _Token("end", "", line)

    def _take(self) -> _Token:
        taken = self._token
        self._token = next(self._tokens)
        return taken

    def _is_mark(self, *marks: str) -> bool:
        return self._token.kind == "mark" and self._token.text in marks

    def _expect(self, mark: str) -> None:
        if not self._is_mark(mark):
            self._refuse(f"{mark!r} is expected")
        self._take()

    def _where(self) -> str:
        return f"{self._path}, line {self._token.line}"

    def _refuse(self, fault: str) -> NoReturn:
        seen = repr(self._token.text) if self._token.text else "the end of the file"
        raise ModelError(f"{self._where()}: {fault}, here stands {seen}.", _REMEDY)
