"""Names of folders and files in an archive: each fits any disk, no two read alike."""

from __future__ import annotations

import unicodedata

from competition_site.files.names import clean_name

_UNFIT = str.maketrans({**dict.fromkeys('<>:"|?*', "_"), "/": "-", "\\": "-"})


class Names:
    """Names given once each in one folder, whatever case a file system tells apart."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, wanted: str) -> str:
        """The name made fit, with a number where another one reads alike."""
        name = clean_name(unicodedata.normalize("NFC", wanted).translate(_UNFIT))
        cut = name.rfind(".", 1)
        stem, suffix = (name[:cut], name[cut:]) if cut > 0 else (name, "")
        chosen, number = name, 1
        while _folded(chosen) in self._taken:
            number += 1
            chosen = f"{stem} ({number}){suffix}"
        self._taken.add(_folded(chosen))
        return chosen


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
