"""Chinese words made searchable: normal form, pinyin, initials, and where a match lies. Pure functions."""

import unicodedata
from dataclasses import dataclass

START_LENGTH = 24  # letters kept of each start of the full pinyin: no one types more


def normal(text: str) -> str:
    """Lower case, full-width made half-width, punctuation and spaces dropped: 「初中、小学」 finds 初中小学."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def syllables(text: str) -> list[str]:
    """One reading per character of `text`; a letter or digit stands for itself, punctuation is empty."""
    from pypinyin import Style, lazy_pinyin  # half a second to load, and only an import of items needs it

    readings: list[str] = lazy_pinyin(text, style=Style.NORMAL, errors=list, strict=False)  # type: ignore[arg-type]
    readings = readings if len(readings) == len(text) else [lazy_pinyin(c)[0] for c in text]
    return [normal(r) for r in readings]


@dataclass(frozen=True)
class Prepared:
    """What a name and its aliases are found by."""

    text: str
    initials: str
    sound: str
    starts: str


def prepare(name: str, aliases: list[str]) -> Prepared:
    """Everything search needs to know of a name. Parts begin with "|", so that no match spans two of them."""
    read = [[s for s in syllables(part) if s] for part in (name, *aliases)]
    starts = dict.fromkeys("".join(part[i:])[:START_LENGTH] for part in read for i in range(len(part)))
    initials = "".join("|" + "".join(s[0] for s in part) for part in read)
    return Prepared(
        text="".join("|" + normal(part) for part in (name, *aliases)),
        initials=initials,
        sound=initials + "".join("|" + "".join(part) for part in read),
        starts="".join(f"|{start}" for start in starts),
    )


def match_ranges(name: str, reading: list[str], query: str) -> list[list[int]]:
    """Where the words of `query` lie in `name`, as [[start, length], …] in characters, merged and in order.

    Looked for as text, then as initials, then as full pinyin from the start of a syllable.
    """
    marked: set[int] = set()
    for word in query.split():
        marked |= _positions(name, reading, normal(word))
    ranges: list[list[int]] = []
    for position in sorted(marked):
        if ranges and position == sum(ranges[-1]):
            ranges[-1][1] += 1
        else:
            ranges.append([position, 1])
    return ranges


def _positions(name: str, reading: list[str], word: str) -> set[int]:
    if not word:
        return set()
    kept = [(i, normal(c)) for i, c in enumerate(name) if normal(c)]
    if found := _run(kept, word):
        return found
    if not word.isascii():
        return set()
    read = [(i, s) for i, s in enumerate(reading) if s]
    return _run([(i, s[0]) for i, s in read], word) or _run(read, word, whole_first=True)


def _run(parts: list[tuple[int, str]], word: str, *, whole_first: bool = False) -> set[int]:
    """The positions of the first run of parts that spells `word`; the last part may be cut short."""
    for start in range(len(parts)):
        left, used = word, set()
        for position, part in parts[start:]:
            used.add(position)
            if left.startswith(part):
                left = left[len(part) :]
            elif whole_first and part.startswith(left):
                left = ""
            else:
                break
            if not left:
                return used
    return set()
