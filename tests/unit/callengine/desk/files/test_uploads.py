"""What may be uploaded, what is kept of it, and who gets it: by content, within limits, for a while."""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from callengine.desk.data.database import DeskDatabase
from callengine.desk.files import privacy, queries
from callengine.desk.files.folder import FileFolder
from callengine.desk.files.kinds import kind_of, safe_name
from callengine.desk.files.records import FileRefused, Owner, StoredFile
from callengine.desk.files.shelf import FileLimits, FileShelf, refuse_upload_when_full
from callengine.desk.files.signing import STEP, Signer
from callengine.desk.files.tables import stored_files
from callengine.desk.people.scope import NotSeen, Scope
from callengine.platform.logs import get_log
from tests.support.desk_pages import EDITOR, SEVER, SUPERVISOR, YUG, desk_database
from tests.support.manual_clock import NOON

LOG = get_log("callengine.desk")
FREE = FileLimits(free_mb=0)


async def parts(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 60_000):
        yield content[start : start + 60_000]


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 30), **more: object) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "red").save(made, form, **more)
    return made.getvalue()


def office(part: str, *more: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("[Content_Types].xml", part, *more):
            archive.writestr(name, "<x/>")
    return made.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[DeskDatabase]:
    async with desk_database(f"sqlite:///{tmp_path}/desk.db") as opened:
        yield opened


def shelf(database: DeskDatabase, tmp_path: Path, limits: FileLimits = FREE) -> FileShelf:
    return FileShelf(database, tmp_path / "files", limits, lambda: NOON)


async def take(
    on: FileShelf, content: bytes, name: str = "план.png", scope: Scope = EDITOR, **more: object
) -> StoredFile:
    owner = Owner("article", 1, company=str(more.pop("company", "sever")))
    return await on.take(scope, owner, name, parts(content), said_bytes=len(content), **more)


async def refusal(on: FileShelf, content: bytes, **more: object) -> tuple[str, int]:
    with pytest.raises(FileRefused) as refused:
        await take(on, content, **more)
    return refused.value.reason, refused.value.limit


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), "png"),
        (picture("JPEG"), "jpeg"),
        (picture("WEBP"), "webp"),
        (PDF, "pdf"),
        (office("word/document.xml"), "docx"),
        (office("xl/workbook.xml"), "xlsx"),
        ("тарифы 2026\n".encode(), "text"),
        (office("xl/workbook.xml", "xl/vbaProject.bin"), None),
        (office("classes.dex"), None),
        (picture("GIF"), None),
        (b"MZ\x90\0\3\0", None),
        (b"\x7fELF\2\1\1", None),
        ("тарифы".encode("cp1251"), None),
        (b"", None),
    ],
)
def test_what_it_is_is_told_by_its_content(content: bytes, kind: str | None, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("План подвала.png", "png", "План подвала.png"),
        ("photo.JPEG", "jpeg", "photo.jpg"),
        ("../../etc/passwd", "text", "passwd.txt"),
        ("C:\\temp\\x.exe", "pdf", "x.pdf"),
        ("тариф\u202egnp.exe\n", "png", "тарифgnp.png"),
        ("Приложение 2.1 к договору", "pdf", "Приложение 2.1 к договору.pdf"),
        ("", "pdf", "file.pdf"),
        (".png", "png", "png.png"),
    ],
)
def test_its_name_says_what_it_is(name: str, kind: str, shown: str) -> None:
    assert safe_name(name, kind) == shown


async def test_of_a_picture_only_the_pixels_are_kept(database: DeskDatabase, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "GPS 55.75"
    content = picture("JPEG", (40, 30), exif=exif) + b"<script>alert(1)</script>"
    on = shelf(database, tmp_path)
    kept = await take(on, content)
    assert (kept.name, kept.kind, kept.uploader) == ("план.jpg", "jpeg", EDITOR.name)
    path = tmp_path / "files" / kept.stored
    bytes_kept = path.read_bytes()
    assert b"GPS" not in bytes_kept
    assert b"script" not in bytes_kept
    with Image.open(path) as opened:
        assert opened.size == (30, 40)
    assert (kept.size, stat.S_IMODE(path.stat().st_mode)) == (len(bytes_kept), 0o600)
    assert {one.name for one in (tmp_path / "files").iterdir()} == {"key", kept.stored}


def bomb() -> bytes:
    """20,000 × 20,000 points in some kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    side = (20_000).to_bytes(4, "big")
    head = chunk(b"IHDR", side + side + b"\x08\x00\x00\x00\x00")
    return (
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 2_000_000)) + chunk(b"IEND", b"")
    )


async def test_what_cannot_be_kept_is_refused_in_a_word_and_nothing_is_left(
    database: DeskDatabase, tmp_path: Path
) -> None:
    on = shelf(database, tmp_path, FileLimits(one_mb=1, company_mb=1, free_mb=0))
    assert await refusal(on, picture("PNG")[:60]) == ("broken", 0)
    assert await refusal(on, PDF[:20]) == ("broken", 0)
    assert await refusal(on, b"MZ\x90\0") == ("kind", 0)
    assert await refusal(on, bomb()) == ("pixels", 0)
    assert await refusal(on, b"") == ("empty", 0)
    assert await refusal(on, b"a" * 1_048_577) == ("too_big", 1)
    with pytest.raises(FileRefused, match="too_big"):
        # Who lies about the size is stopped where the limit is.
        await on.take(
            EDITOR, Owner("article", 1, company="sever"), "x", parts(b"a" * 1_048_577), said_bytes=1
        )
    assert await refusal(shelf(database, tmp_path, FileLimits(free_mb=10**9)), PDF) == ("disk", 10**9)
    assert [one.name for one in (tmp_path / "files").iterdir()] == ["key"]
    await take(on, b"a" * 900_000, "a.txt")
    assert await refusal(on, b"b" * 900_000, name="b.txt") == ("company_full", 1)
    await take(on, b"b" * 900_000, "b.txt", company="yug")
    with pytest.raises(NotSeen):
        await take(on, PDF, scope=YUG)
    with pytest.raises(FileRefused, match="disk"):
        refuse_upload_when_full(tmp_path, 10**9)


async def test_an_upload_that_comes_twice_is_one_file(database: DeskDatabase, tmp_path: Path) -> None:
    on = shelf(database, tmp_path)
    first, again = await take(on, PDF, client_id="once"), await take(on, PDF, client_id="once")
    assert first == again
    assert len(list((tmp_path / "files").iterdir())) == 2


def test_an_address_is_good_for_a_while_and_for_its_file_only() -> None:
    signer = Signer(b"k" * 32, "https://files.example.ru/")
    address = signer.address(7, "план этажа.png", NOON)
    assert address.startswith("https://files.example.ru/desk/files/7-")
    token = address.split("/")[-2]
    assert signer.opened(token, NOON + STEP - timedelta(seconds=1)) == 7
    assert signer.opened(token, NOON + 2 * STEP) is None
    assert signer.opened(token.replace("7-", "8-", 1), NOON) is None
    assert Signer(b"l" * 32).opened(token, NOON) is None
    until = token.split("-")[1]
    later = token.replace(until, str(int(until) + 900))
    assert [signer.opened(wrong, NOON) for wrong in (later, "", "7", "7-1-x", token + "A")] == [None] * 5


def test_the_key_is_made_once_and_mended_when_it_is_torn(tmp_path: Path) -> None:
    folder = FileFolder(tmp_path / "files")
    key = folder.prepare()
    assert folder.prepare() == key
    (tmp_path / "files" / "key").write_bytes(b"torn")
    assert len(folder.prepare()) == 32
    assert stat.S_IMODE((tmp_path / "files" / "key").stat().st_mode) == 0o600


async def test_what_nobody_saved_and_bytes_without_a_row_go_at_night(
    database: DeskDatabase, tmp_path: Path
) -> None:
    on, folder = shelf(database, tmp_path), tmp_path / "files"
    kept = await take(on, PDF)
    waiting = await on.take(EDITOR, Owner("article", form="f" * 32), "a.pdf", parts(PDF))
    async with database.writing() as connection:
        await connection.execute(
            stored_files.update()
            .where(stored_files.c.id == waiting.id)
            .values(uploaded_at=NOON - timedelta(days=2))
        )
    torn, new = folder / "torn.part", folder / "new.part"
    for path in (torn, new):
        path.write_bytes(b"x")
    old = NOON.timestamp() - 2 * 86_400
    for path in (torn, folder / waiting.stored, folder / kept.stored):
        os.utime(path, (old, old))
    await on.tidy(LOG)
    assert {one.name for one in folder.iterdir()} == {"key", "new.part", kept.stored}
    async with database.reading() as connection:
        assert (await connection.execute(select(stored_files.c.id))).scalars().all() == [kept.id]


async def test_a_file_is_its_companys_and_a_forms_file_is_whose_form_it_is(
    database: DeskDatabase, tmp_path: Path
) -> None:
    on = shelf(database, tmp_path)
    kept = await take(on, PDF, company="yug")
    waiting = await on.take(EDITOR, Owner("article", form="f" * 32), "a.pdf", parts(PDF))
    async with database.reading() as connection:
        assert [one.id for one in await queries.files_of(connection, YUG, "article", [1])] == [kept.id]
        assert await queries.files_of(connection, SEVER, "article", [1]) == ()
        assert len(await queries.files_of_form(connection, EDITOR, "article", "f" * 32)) == 1
        for other, one in ((SEVER, kept), (SUPERVISOR, waiting)):
            with pytest.raises(NotSeen):
                await queries.file_of(connection, other, one.id)


async def test_a_residents_files_are_told_and_erased(database: DeskDatabase, tmp_path: Path) -> None:
    on = shelf(database, tmp_path)
    one = await on.take(SUPERVISOR, Owner("resident", 5, company="sever"), "акт.pdf", parts(PDF))
    async with database.writing() as connection:
        assert [told["name"] for told in await privacy.tell(connection, SUPERVISOR, 5)] == ["акт.pdf"]
        assert await privacy.tell(connection, YUG, 5) == []
        assert (await privacy.erase(connection, SUPERVISOR, NOON, 5)).rows == 1
        assert await privacy.tell(connection, SUPERVISOR, 5) == []
    (address,) = on.addresses([one]).values()
    with pytest.raises(NotSeen):
        await on.opened(address.split("/")[-2])
