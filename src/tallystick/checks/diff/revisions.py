"""Contracts by name: files, and files of git revisions such as `main:openapi/openapi.yaml` or `main`."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tallystick.spec.errors import ContractError, Position
from tallystick.spec.limits import MAX_BYTES
from tallystick.spec.nodes import Object
from tallystick.spec.reading import ReadOptions, read_contract

_TEXTS = frozenset({".yaml", ".yml", ".json"})
_OTHERS_MAX = 1024 * 1024
_FILE_MODES = frozenset({"100644", "100755"})


class RevisionProblem(Exception):
    """The contract cannot be had under this name; the message says why."""


@dataclass(frozen=True)
class Named:
    """A bundled contract, its name for people, and the folder that stands for the revision in its positions."""

    document: Object
    name: str
    folder: str = ""
    revision: str = ""

    def shown(self, position: Position | None) -> Position | None:
        """The position as people know it."""
        if position is None or not self.folder or not position.file.startswith(self.folder):
            return position
        return replace(position, file=f"{self.revision}:{position.file[len(self.folder) :]}")


@dataclass(frozen=True)
class Project:
    """The contract that a bare revision means, how it is read, and how any other one is."""

    contract: Path | None
    options: ReadOptions
    others: ReadOptions

    def options_for(self, path: Path) -> ReadOptions:
        own = self.contract is not None and path.resolve() == self.contract.resolve()
        return self.options if own else self.others


def read(name: str, project: Project) -> Named:
    """A file, `REVISION:PATH`, or the revision of the project's contract. Raises ContractError, RevisionProblem."""
    if Path(name).is_file():
        return Named(read_contract(Path(name), project.options_for(Path(name))).bundled, name)
    revision, colon, path = name.partition(":")
    top = _top()
    if top is None:
        raise RevisionProblem(f"there is no file {name}, and here is no git repository whose revision it could be")
    if not colon and project.contract is None:
        raise RevisionProblem(f"there is no file {name}; to read it from a revision, write REVISION:PATH")
    inside = _inside(top, path) if colon else _relative(top, project.contract or top)
    options = project.options_for(top / inside)
    overlays = [_relative(top, each) for each in options.overlays]
    with _checked_out(top, revision, (inside, *overlays), name) as folder:
        prefix = f"{folder.as_posix()}/"
        # Overlays that the revision did not have were not applied to it.
        options = replace(options, overlays=tuple(folder / each for each in overlays if (folder / each).is_file()))
        try:
            document = read_contract(folder / inside, options).bundled
        except ContractError as error:
            shown = Named(Object(), name, prefix, revision).shown
            raise ContractError([replace(each, position=shown(each.position)) for each in error.diagnostics]) from error
    return Named(document, f"{revision}:{inside}", prefix, revision)


def _relative(top: Path, path: Path) -> PurePosixPath:
    try:
        return PurePosixPath(path.resolve().relative_to(top).as_posix())
    except ValueError as error:
        raise RevisionProblem(f"{path} lies outside of the repository") from error


def _inside(top: Path, path: str) -> PurePosixPath:
    """A path as git writes it: from the top, or from here where it begins with a dot."""
    if not path.startswith("."):
        return PurePosixPath(path)
    return _relative(top, Path.cwd() / path)


def _git(*arguments: str, given: bytes = b"") -> bytes | None:
    """What git prints; None where it fails."""
    try:
        done = subprocess.run(["git", *arguments], input=given, capture_output=True, check=False)  # noqa: S603, S607 - git as the user has it; names of revisions follow --end-of-options
    except OSError as error:
        raise RevisionProblem("git is needed to read a revision, and cannot be started") from error
    return done.stdout if done.returncode == 0 else None


def _top() -> Path | None:
    found = _git("rev-parse", "--show-toplevel")
    return Path(found.decode().rstrip("\n")).resolve() if found else None


@contextmanager
def _checked_out(top: Path, revision: str, paths: tuple[PurePosixPath, ...], name: str) -> Iterator[Path]:
    """A folder with the files beside and below the contract, the first path, as they were, and those others."""
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise RevisionProblem(f"{name}: there is no such file, and no revision {revision!r}")
    blobs = _blobs(top, commit.decode().strip(), paths)
    if paths[0].as_posix() not in blobs:
        raise RevisionProblem(f"{revision} has no file {paths[0]}")
    with tempfile.TemporaryDirectory(prefix="tally-diff-") as made:
        folder = Path(made).resolve()
        for each, content in _contents(top, blobs):
            target = folder / each
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        yield folder


def _blobs(top: Path, commit: str, paths: tuple[PurePosixPath, ...]) -> dict[str, str]:
    """The files a contract can refer to, by path: those of its folder and below."""
    folder = paths[0].parent.as_posix()
    wanted = [] if folder == "." else [f"{folder}/", *map(str, paths[1:])]
    listed = _git("-C", str(top), "ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", *wanted)
    found = {}
    for line in (listed or b"").decode("utf-8", "surrogateescape").split("\0"):
        head, _, name = line.partition("\t")
        mode, _, blob, size = head.split() if head else ("", "", "", "0")
        limit = MAX_BYTES if PurePosixPath(name).suffix.lower() in _TEXTS or name == str(paths[0]) else _OTHERS_MAX
        if mode in _FILE_MODES and int(size) <= limit:
            found[name] = blob
    return found


def _contents(top: Path, blobs: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    answer = _git("-C", str(top), "cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs.values()).encode())
    rest = memoryview(answer or b"")
    for name in blobs:
        end = bytes(rest[:200]).index(b"\n")
        size = int(bytes(rest[:end]).split()[2])
        yield name, bytes(rest[end + 1 : end + 1 + size])
        rest = rest[end + size + 2 :]
