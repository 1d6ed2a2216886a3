"""The ZIP of a package in its one form: the same files give the same bytes, and no byte is free.

Files lie uncompressed, in order of their names, all with one date, without comments or extra
fields. Whoever opens a package packs its files again and compares: whatever a ZIP may hold beside
its files (headers, order, gaps, trailing bytes) is bound by that to what the manifest binds.
"""

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from anpr.errors import AnprError

DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say; when a package was made its manifest tells."""


class DamagedPackageError(AnprError):
    """The ZIP is not as packages are packed. The message says where; get it again."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """Pack files."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(_header(name), files[name])
    return packed.getvalue()


def _header(name: str) -> ZipInfo:
    header = ZipInfo(name, DATE)
    header.create_system = 3
    header.external_attr = 0o100644 << 16
    return header


def unpack(packed: bytes) -> Mapping[str, bytes]:
    """Give the files of a package. Raises DamagedPackageError."""
    try:
        with ZipFile(BytesIO(packed)) as archive:
            names = archive.namelist()
            if twice := {name for name in names if names.count(name) > 1}:
                raise DamagedPackageError(f"{', '.join(sorted(twice))} is in the ZIP twice")
            files = {info.filename: _content(archive, info) for info in archive.infolist()}
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        msg = "it is no whole ZIP: it was cut short, or its headers were changed"
        raise DamagedPackageError(msg) from error
    if pack(files) != packed:
        msg = "the ZIP itself was changed: its headers, its order, or bytes beside its files"
        raise DamagedPackageError(msg)
    return files


def _content(archive: ZipFile, info: ZipInfo) -> bytes:
    if info.compress_type != ZIP_STORED:
        raise DamagedPackageError(f"{info.filename} was packed again by another program")
    try:
        return archive.read(info)
    except BadZipFile as error:
        raise DamagedPackageError(f"{info.filename} was changed, or its headers") from error
