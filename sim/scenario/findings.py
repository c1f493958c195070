"""What a check says about a scenario: findings at paths, which become problems at places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from sim.errors import Severity
from sim.scenario.lookalikes import is_other_script

Path = tuple[str | int, ...]

_VERBS = frozenset({
    "asks", "brings", "can", "cannot", "changes", "comes", "costs", "counts", "does", "ends", "gives", "goes", "has",
    "hits", "holds", "is",
    "lacks", "lies", "limits", "mixes", "moves", "must", "names", "needs", "reaches", "repeats", "says", "sends",
    "shows", "starts", "sums", "takes", "tells", "waits",
})  # fmt: skip

_SHORTEST_START = 4  # `advertising` means `advertising_per_active_day`

NO_DASH = "names take no dash: write `name:` without it, and indent what belongs to it"

FINDINGS = "sim_findings"  # the type of the pydantic errors that carry findings


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, or doubtful, at a path of the scenario.

    Args:
        path: keys and list positions, from the root in cross checks, from the value or model itself in validators.
        message: a sentence; where it starts with a verb ("is 1.4; must lie in [0, 1]"), the value's name is put before.
        allowed: what would be right, shown after "allowed:".
        hint: a whole line of advice, such as "did you mean: d7?".
        also: paths of the other values that take part; each is shown with its place and value.
        at_key: point to the key, not to its value.
        offset, length: the part of the text value that is meant, in characters.
    """

    path: Path
    message: str
    allowed: str | None = None
    hint: str | None = None
    severity: Severity = "error"
    also: tuple[Path, ...] = ()
    at_key: bool = False
    offset: int | None = None
    length: int = 1

    @property
    def starts_with_verb(self) -> bool:
        """True if the message needs the value's name before it."""
        return self.message.partition(" ")[0] in _VERBS


def warning(
    path: Path,
    message: str,
    *,
    hint: str | None = None,
    also: tuple[Path, ...] = (),
    at_key: bool = False,
    offset: int | None = None,
    length: int = 1,
) -> Finding:
    """A finding about what is legal and hardly meant."""
    return Finding(path, message, hint=hint, severity="warning", also=also, at_key=at_key, offset=offset, length=length)


def problem(
    message: str,
    *,
    at: Path = (),
    allowed: str | None = None,
    hint: str | None = None,
    also: Sequence[str | int] | Sequence[Path] = (),
) -> PydanticCustomError:
    """An error to raise in a validator of a schema; `at` and `also` are paths below the model that is validated.

    `also` is one path, or several.
    """
    return problems(Finding(at, message, allowed, hint, also=_as_paths(also)))


def problems(*findings: Finding) -> PydanticCustomError:
    """Like `problem`, for several findings at once."""
    text = "; ".join(finding.message for finding in findings)
    return PydanticCustomError(FINDINGS, "{text}", {"text": text, "findings": findings})


def did_you_mean(word: str, choices: Sequence[str]) -> str | None:
    """The advice "did you mean: …?" if one of the choices is close to the word."""
    nearest = closest(word, choices)
    return f"did you mean: {nearest}?" if nearest is not None else None


def spaced(text: str) -> str | None:
    """The entry that a text was meant to be whose colon lacks its space: `message: push` of `message:push`, or None."""
    match = re.fullmatch(r"([^\W\d][\w -]*):([^\s:/].*)", text) if len(text) <= 100 else None
    return f"{match[1]}: {match[2]}" if match else None


def closest(word: str, choices: Sequence[str]) -> str | None:
    """The choice that the word was most likely meant to be, or None."""
    import difflib

    if len(word) > 60 or len(choices) > 2000:
        return None
    other_script = [choice for choice in choices if is_other_script(word, choice)]
    if other_script:
        return other_script[0]
    plain = {_plain(choice): choice for choice in choices}
    matches = difflib.get_close_matches(_plain(word), list(plain), n=1, cutoff=0.6)
    if not matches and len(word) >= _SHORTEST_START:
        matches = [choice for choice in plain if choice.startswith(_plain(word))][:1]
    return plain[matches[0]] if matches else None


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("_", " ").replace("-", " ").strip()


def _as_paths(also: Sequence[str | int] | Sequence[Path]) -> tuple[Path, ...]:
    """One path or several, as several."""
    paths = tuple(part for part in also if isinstance(part, tuple))
    single = tuple(part for part in also if isinstance(part, (str, int)))
    return (*paths, single) if single else paths
