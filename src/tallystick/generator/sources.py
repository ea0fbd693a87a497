"""Files of a package as text in memory, and how they reach a folder: all or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tallystick.generator.manifest import MANIFEST, owned_files

_STAGING = ".tally-"


def write_tree(root: Path, sources: Mapping[str, str]) -> None:
    """Write every file below a folder that is ours alone."""
    for name, text in sources.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Difference:
    """What writing would change, as relative paths."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    stale: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether the folder already holds exactly these files."""
        return not (self.added or self.changed or self.stale)


def compare(root: Path, sources: Mapping[str, str]) -> Difference:
    """Hold the files of a folder against what they should be.

    `foreign` files stand in the way but are not ours; `stale` ones are ours but no longer wanted.
    """
    added: list[str] = []
    changed: list[str] = []
    foreign: list[str] = []
    owned = owned_files(root)
    for name, text in sources.items():
        path = root / name
        if not path.exists():
            added.append(name)
        elif path.read_bytes() != text.encode("utf-8"):
            (changed if name in owned else foreign).append(name)
    stale = sorted(owned - set(sources))
    return Difference(tuple(sorted(added)), tuple(sorted(changed)), tuple(stale), tuple(sorted(foreign)))


def apply(root: Path, sources: Mapping[str, str], difference: Difference) -> None:
    """Carry out a difference. Everything is on disk beside its place before anything is replaced; if a step fails,
    what was replaced is put back.

    Raises:
        OSError: the folder cannot be written; it is as it was before.
    """
    root.mkdir(parents=True, exist_ok=True)
    # The manifest goes last: as long as it is the old one, the folder counts as out of date.
    wanted = sorted([*difference.added, *difference.changed], key=lambda name: (name == MANIFEST, name))
    for left_over in root.glob(f"{_STAGING}*"):
        shutil.rmtree(left_over)  # of a run that was killed
    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=root) as staging:
        write_tree(Path(staging), {name: sources[name] for name in wanted})
        undo: dict[Path, bytes | None] = {}
        try:
            for name in wanted:
                target = root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                undo[target] = target.read_bytes() if target.exists() else None
                (Path(staging) / name).replace(target)
            for name in difference.stale:
                undo[root / name] = (root / name).read_bytes()
                (root / name).unlink()
        except OSError:
            _restore(undo)
            raise
    _remove_empty_folders(root, difference.stale)


def _restore(undo: Mapping[Path, bytes | None]) -> None:
    for path, content in undo.items():
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)


def _remove_empty_folders(root: Path, names: tuple[str, ...]) -> None:
    for folder in {(root / name).parent for name in names} - {root}:
        kept = [entry for entry in folder.iterdir() if entry.name != "__pycache__"] if folder.is_dir() else [folder]
        if not kept:
            for cached in folder.glob("__pycache__/*"):
                cached.unlink()
            for inner in folder.iterdir():
                inner.rmdir()
            folder.rmdir()
