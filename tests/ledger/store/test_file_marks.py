"""A copy of a file that was in use is whole or is known for what it is, whenever file and log were copied."""

import random
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from custom_components.tangle_grid.ledger.base.errors import LedgerError, LedgerFault
from custom_components.tangle_grid.ledger.store import log_keeper
from custom_components.tangle_grid.ledger.store.database import Database
from custom_components.tangle_grid.ledger.store.file_marks import UNMARKED, Mark, Phase, log_of, look_at
from custom_components.tangle_grid.ledger.store.log_keeper import LogKeeper

_ROWS = 60
# Without an index: nothing in the file itself shows that a page is of another moment than the others.
_SCHEMA = "CREATE TABLE one (id INTEGER PRIMARY KEY, said INTEGER, filler TEXT)"

type Copy = tuple[bytes, bytes | None]


def open_file(path: Path) -> Database:
    def fill(database: Database) -> None:
        database.run_many("INSERT INTO one VALUES (?, 0, ?)", [(row, "x" * 900) for row in range(_ROWS)])

    return Database(path, schema=_SCHEMA, version=1, create=fill)


def say(database: Database, number: int) -> None:
    """Change all pages of the file: none may be of another moment than the others."""
    with database.transaction():
        database.run("UPDATE one SET said = ?", number)


def copy_of(path: Path) -> Copy:
    log = log_of(path)
    return path.read_bytes(), log.read_bytes() if log.exists() else None


def put(folder: Path, data: bytes, log: bytes | None) -> Path:
    folder.mkdir()
    path = folder / "file.sqlite"
    path.write_bytes(data)
    if log is not None:
        log_of(path).write_bytes(log)
    return path


def begins_to_log(log: bytes) -> bool:
    """Tell whether a log begins as it does but for a moment in a checkpoint."""
    mark = Mark.of(int.from_bytes(log[124:128])) if log else None
    return mark is not None and mark.phase is Phase.LOGGING


def said(path: Path) -> int | None:
    """Return what all of a file says; None when it is found damaged."""
    try:
        database = open_file(path)
    except LedgerError as error:
        if error.fault is not LedgerFault.CORRUPT:
            raise
        return None
    numbers = {row[0] for row in database.rows("SELECT said FROM one")}
    database.close()
    assert len(numbers) == 1, (numbers, path)
    return int(numbers.pop())


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Copy]:
    """Copies of a file in the order of their making: at every step of a checkpoint, and over two lives of the file."""
    monkeypatch.setattr(log_keeper, "_FULL_BYTES", 100_000)
    path = tmp_path / "file.sqlite"
    made: list[Copy] = []

    def after(name: str) -> None:
        original: Callable[..., None] = getattr(LogKeeper, name)

        def watched(self: LogKeeper, *args: Phase) -> None:
            original(self, *args)
            made.append(copy_of(path))

        monkeypatch.setattr(LogKeeper, name, watched)

    after("_mark")
    after("_checkpoint")
    number = 0
    for _ in range(2):
        database = open_file(path)
        for _ in range(4):
            number += 1
            say(database, number)
            made.append(copy_of(path))
        database.close()
    monkeypatch.undo()
    assert len({data for data, _log in made}) > 5
    return made


def test_a_file_and_its_log_of_any_two_moments(copies: list[Copy], tmp_path: Path) -> None:
    """Each file with each log: what opens is one moment and no other, and files of one moment always open."""
    for (at, (data, own)), (when, (_data, log)) in product(enumerate(copies), enumerate(copies)):
        found = said(put(tmp_path / f"{at}-{when}", data, log))
        if at == when or log == own:
            assert found is not None


def test_a_file_without_its_log_is_an_older_one(copies: list[Copy], tmp_path: Path) -> None:
    for at, (data, _log) in enumerate(copies):
        assert said(put(tmp_path / str(at), data, None)) is not None


def test_a_file_that_was_copied_across_a_checkpoint(copies: list[Copy], tmp_path: Path) -> None:
    """The beginning is of one moment, the rest of a later one, and the log of a later one still: as `cp` does it."""
    rng = random.Random(6)  # noqa: S311 - moments, not keys
    torn = 0
    for number in range(600):
        first, second, third = sorted(rng.randrange(len(copies)) for _ in range(3))
        begin, end, log = copies[first][0], copies[second][0], copies[third][1]
        if log is None or not begins_to_log(log):
            # Only as long as it takes to begin a log there is none to tell that the file was taken across a checkpoint.
            continue
        cut = rng.randrange(1, max(2, len(begin) // 4096)) * 4096
        torn += begin[:cut] + end[cut:] not in {begin, end}

        said(put(tmp_path / str(number), begin[:cut] + end[cut:], log))
    assert torn > 30


def test_a_log_of_another_moment_is_no_log_of_a_file(copies: list[Copy], tmp_path: Path) -> None:
    begun = [(data, log) for data, log in copies if log is not None and begins_to_log(log)]
    path = put(tmp_path / "mixed", begun[0][0], begun[-1][1])
    with pytest.raises(LedgerError, match="not of one moment") as caught:
        open_file(path)
    assert caught.value.fault is LedgerFault.CORRUPT
    assert copy_of(path) == (begun[0][0], begun[-1][1])


def test_a_file_lies_still_while_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing goes on, and the file itself does not change: not before it may, and not for ever."""
    monkeypatch.setattr(log_keeper, "_FULL_BYTES", 100_000)
    path = tmp_path / "file.sqlite"
    database = open_file(path)
    say(database, 1)
    database.lie_still(60)
    still = path.read_bytes()
    for number in range(2, 12):
        say(database, number)
        assert path.read_bytes() == still
        assert said(put(tmp_path / str(number), *copy_of(path))) == number
    assert said(put(tmp_path / "alone", still, None)) == 1
    monkeypatch.setattr(log_keeper, "_HELD_BYTES", log_of(path).stat().st_size)
    say(database, 12)
    assert path.read_bytes() != still
    database.lie_still(-1)
    still = path.read_bytes()
    say(database, 13)
    say(database, 14)
    assert path.read_bytes() != still
    monkeypatch.setattr(log_keeper, "_HELD_BYTES", 2**30)
    database.lie_still(60)
    still = path.read_bytes()
    database.go_on()
    say(database, 15)
    say(database, 16)
    assert path.read_bytes() != still
    database.close()


def test_files_of_versions_without_marks_open(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    database = open_file(path)
    assert not look_at(path).whole
    database.close()
    assert look_at(path).whole
    data = bytearray(path.read_bytes())
    data[68:72] = UNMARKED.number.to_bytes(4)
    path.write_bytes(data)
    assert look_at(path).whole
    assert said(path) == 0


def test_which_logs_follow_which_files() -> None:
    assert Mark.of(-1) is None
    assert Mark.of(Mark(7, Phase.DONE).number) == Mark(7, Phase.DONE)
    log = Mark(8, Phase.LOGGING)
    assert all(log.follows(each) for each in (Mark(7, Phase.DONE), Mark(7, Phase.CLOSED), log))
    strangers = (Mark(7, Phase.LOGGING), Mark(8, Phase.DONE), Mark(6, Phase.DONE), Mark(9, Phase.DONE))
    assert not any(log.follows(each) for each in strangers)
