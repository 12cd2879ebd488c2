"""The spool's file: what a kill tears off is cut, what a disk damages is set aside, nothing else is lost."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.schema.errors import LedgerError, SpoolFull
from storage.spool.file import SpoolFile, framed, read_records

CONTENTS = [f'{{"n": {n}, "text": "Иванова {"x" * n}"}}'.encode() for n in range(12)]
LIMIT = 1 << 20


def opened(path: Path, limit: int = LIMIT) -> SpoolFile:
    file = SpoolFile(path, limit)
    file.open()
    return file


def contents(path: Path) -> list[bytes]:
    return [found.content for found in read_records(path)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = opened(tmp_path / "spool")
    file.append(CONTENTS[:6])
    file.append(CONTENTS[6:])
    file.close()
    return tmp_path / "spool"


def test_what_was_appended_is_read_in_order_and_is_its_owners_alone(path: Path) -> None:
    assert contents(path) == CONTENTS
    assert path.stat().st_mode & 0o077 == 0


def test_a_kill_at_any_byte_of_the_last_write_costs_only_what_was_not_acknowledged(path: Path) -> None:
    whole = path.read_bytes()
    before = sum(len(framed(one)) for one in CONTENTS[:6])
    for cut in range(before, len(whole)):
        path.write_bytes(whole[:cut])
        file = SpoolFile(path, LIMIT)
        damage = file.open()
        kept = contents(path)
        assert kept[:6] == CONTENTS[:6]
        assert kept == CONTENTS[: len(kept)]
        assert damage.stretches == []
        assert file.end == path.stat().st_size
        file.append([b'"new"'])
        file.close()
        assert contents(path) == [*kept, b'"new"']
    assert list(path.parent.glob("*.damaged-*")) == []


@given(st.data())
def test_damage_in_the_middle_is_set_aside_and_nothing_behind_it_is_lost(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spool"
        whole = bytearray(b"".join(map(framed, CONTENTS)))
        hit = data.draw(st.integers(0, len(CONTENTS) - 2), label="record")
        start = sum(len(framed(one)) for one in CONTENTS[:hit])
        length = len(framed(CONTENTS[hit]))
        at = start + data.draw(st.integers(0, length - 1), label="byte")
        whole[at] ^= data.draw(st.integers(1, 255), label="bits")
        path.write_bytes(whole)
        file = SpoolFile(path, LIMIT)
        damage = file.open()
        file.close()
        assert contents(path) == CONTENTS[:hit] + CONTENTS[hit + 1 :]
        assert damage.stretches == [(start, start + length)]
        (aside,) = path.parent.glob("*.damaged-*")
        assert aside.read_bytes() == whole[start : start + length]


def test_rubbish_behind_the_last_record_is_kept_for_whoever_looks_into_it(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0" * 300)
    opened(path).close()
    assert contents(path) == CONTENTS
    (aside,) = path.parent.glob("*.damaged-*")
    assert aside.read_bytes() == b"\0" * 300


def test_a_full_disk_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = opened(path)
    before = path.read_bytes()
    real = os.pwrite

    def half(descriptor: int, data: memoryview, at: int) -> int:
        if at > len(before):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[:7], at)

    monkeypatch.setattr("storage.spool.file.os.pwrite", half)
    with pytest.raises(OSError, match="No space"):
        file.append([b'"lost"'])
    monkeypatch.undo()
    assert path.read_bytes() == before
    file.append([b'"later"'])
    file.close()
    assert contents(path) == [*CONTENTS, b'"later"']


def test_it_grows_to_its_limit_and_no_further(tmp_path: Path) -> None:
    file = opened(tmp_path / "spool", limit=200)
    for _ in range(6):
        file.append([b'"twenty bytes or so"'])
    with pytest.raises(SpoolFull, match="limit of 200 bytes"):
        file.append([b'"twenty bytes or so"'])
    assert (tmp_path / "spool").stat().st_size <= 200
    file.close()


def test_a_kill_while_it_is_replaced_leaves_the_old_file_or_the_new_one(path: Path) -> None:
    file = opened(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", _dies)
        with pytest.raises(KeyboardInterrupt):
            file.replace([b'"anew"'])
    file.close()
    assert contents(path) == CONTENTS
    file = opened(path)
    file.replace([b'"anew"'])
    file.append([b'"behind"'])
    file.close()
    assert contents(path) == [b'"anew"', b'"behind"']


def test_two_engines_cannot_use_one_spool(path: Path) -> None:
    first = opened(path)
    with pytest.raises(LedgerError, match="another callengine"):
        opened(path)
    first.close()
    opened(path).close()


def _dies(_self: Path, _target: Path) -> None:
    raise KeyboardInterrupt
