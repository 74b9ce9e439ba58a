"""What SQLite asks of the file system: which file was written, and whether it was waited for until that was safe.

A layer between SQLite and the disk (a VFS that passes everything on), of which the whole library makes use while it is
there. What a power failure would take away is what was written and not synced.
"""

import ctypes
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_OPEN: Final = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
)
_WRITE: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_SYNC: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_CALLS: Final = (
    *("xClose", "xRead", "xWrite", "xTruncate", "xSync", "xFileSize", "xLock", "xUnlock", "xCheckReservedLock"),
    *("xFileControl", "xSectorSize", "xDeviceCharacteristics", "xShmMap", "xShmLock", "xShmBarrier", "xShmUnmap"),
    *("xFetch", "xUnfetch"),
)


class _Methods(ctypes.Structure):
    _fields_ = (("iVersion", ctypes.c_int), *((name, ctypes.c_void_p) for name in _CALLS))


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        ("xOpen", ctypes.c_void_p),
        ("rest", ctypes.c_void_p * 15),
    )


class Disk:
    """Counts syncs and remembers what is not safe yet, by the name of the file."""

    def __init__(self) -> None:
        self.syncs: dict[str, int] = {}
        self.unsafe: set[str] = set()
        self._kept: list[Any] = []
        self._methods: dict[int, _Methods] = {}
        self._names: dict[int, str] = {}

    def is_safe(self, name: str) -> bool:
        """Tell whether a power failure now would take nothing of a file, or of its log."""
        return name not in self.unsafe and f"{name}-wal" not in self.unsafe

    def layer_over(self, below: _Vfs) -> _Vfs:
        """Return the layer over the library's own way to the disk."""
        open_below = _OPEN(below.xOpen)

        def open_file(_vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
            result: int = open_below(ctypes.addressof(below), name, file, flags, out)
            methods = ctypes.cast(file, ctypes.POINTER(ctypes.c_void_p))
            if result == 0 and name and methods[0]:
                self._names[file] = Path(ctypes.string_at(name).decode()).name
                methods[0] = ctypes.addressof(self._over(methods[0]))
            return result

        layer = _Vfs()
        ctypes.memmove(ctypes.byref(layer), ctypes.byref(below), ctypes.sizeof(below))
        layer.zName, layer.pNext = b"watched", None
        self._kept.append(_OPEN(open_file))
        layer.xOpen = ctypes.cast(self._kept[-1], ctypes.c_void_p)
        return layer

    def _over(self, address: int) -> _Methods:
        if address in self._methods:
            return self._methods[address]
        below = _Methods.from_address(address)
        write_below, sync_below = _WRITE(below.xWrite), _SYNC(below.xSync)

        def write(file: int, data: int, length: int, offset: int) -> int:
            self.unsafe.add(self._names[file])
            result: int = write_below(file, data, length, offset)
            return result

        def sync(file: int, flags: int) -> int:
            result: int = sync_below(file, flags)
            if result == 0:
                name = self._names[file]
                self.syncs[name] = self.syncs.get(name, 0) + 1
                self.unsafe.discard(name)
            return result

        over = _Methods()
        ctypes.memmove(ctypes.byref(over), ctypes.byref(below), ctypes.sizeof(below))
        self._kept += [_WRITE(write), _SYNC(sync)]
        over.xWrite, over.xSync = (ctypes.cast(each, ctypes.c_void_p) for each in self._kept[-2:])
        self._methods[address] = over
        return over


def _library() -> ctypes.CDLL | None:
    sqlite3.connect(":memory:").close()
    maps = Path("/proc/self/maps")
    found = re.findall(r"/\S*libsqlite3\S*", maps.read_text()) if maps.exists() else []
    library = ctypes.CDLL(found[0] if found else None)
    return library if hasattr(library, "sqlite3_vfs_find") else None


@contextmanager
def watched_disk() -> Iterator[Disk | None]:
    """Watch all files that SQLite opens meanwhile; None where its library cannot be reached."""
    library = _library()
    if library is None:
        yield None
        return
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    disk = Disk()
    below = library.sqlite3_vfs_find(None).contents
    layer = disk.layer_over(below)
    library.sqlite3_vfs_register(ctypes.byref(layer), 1)
    try:
        yield disk
    finally:
        library.sqlite3_vfs_unregister(ctypes.byref(layer))
        library.sqlite3_vfs_register(ctypes.byref(below), 1)
