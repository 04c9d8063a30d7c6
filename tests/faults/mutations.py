"""Files that are damaged or hostile: from a whole one, by chance."""

import io
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from groundwork.errors import InputError

EXTREMES = (0x00, 0x7F, 0x80, 0xFF)
SECONDS, BYTES = 60.0, 2**30
"""What a case may take."""


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Return the content of a file with something changed: a few bits or bytes, a part lost, moved,
    repeated or filled, or a number made larger or smaller than it can be."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        if not data:
            break
        # Half of the changes hit the head, which says what is to be expected.
        most = min(len(data), 64) if rng.random() < 0.5 else len(data)
        at = int(rng.integers(most))
        length = int(rng.integers(1, 17))
        kind = rng.integers(8)
        if kind == 0:
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            data[at] = int(rng.choice(EXTREMES))
        elif kind == 2:
            data[at : at + length] = rng.bytes(length)
        elif kind == 3:
            del data[at:]
        elif kind == 4:
            del data[at : at + length]
        elif kind == 5:
            data[at:at] = data[at : at + 64 * length]
        elif kind == 6:
            data[at : at + 4] = bytes([int(rng.choice(EXTREMES))]) * 4
        else:
            data[at : at + 8] = int(rng.integers(2**62)).to_bytes(8, "little")
    return bytes(data)


class Cases:
    """Tries something many times, and notes what should not have come of it.

    Attributes
    ----------
    times
        How often it was tried.
    failed
        What went wrong, a line each.
    """

    def __init__(self) -> None:
        self.times = 0
        self.failed: list[str] = []
        with suppress(OSError):  # the most that this process has held is counted anew
            Path("/proc/self/clear_refs").write_text("5")
        # What the tests before left in this process is not what these cases take.
        self.held = most_held()

    def one(self, name: str, case: Callable[[], object]) -> None:
        """Try one: it may succeed, or raise InputError in one line, and quickly."""
        self.times += 1
        begun = time.monotonic()
        try:
            case()
        except InputError as error:
            if "\n" in str(error).strip() or len(str(error)) > 4000:
                self.failed.append(f"{name}: not one line: {str(error)[:200]!r}")
        except Exception as error:
            self.failed.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
        if (took := time.monotonic() - begun) > SECONDS:
            self.failed.append(f"{name}: took {took:.0f} s")

    def memory(self) -> None:
        """Note if this process has held too much more since."""
        if (taken := most_held() - self.held) > BYTES:
            self.failed.append(f"this process took {taken / 2**20:.0f} MiB more")


def most_held() -> int:
    """Return the most memory that this process has held, in bytes.

    Of its own pages: `getrusage` gives a new process what the one that started it had held.
    """
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def changed_numbers(value: object, rng: np.random.Generator, chance: float = 0.2) -> object:
    """Return what JSON holds with some of it replaced by what nobody expects."""
    hostile = (
        None, True, -1, 0, 2**31, 2**64, 1e308, -0.5, "", "x" * 300, "../../../x", "/etc/x",
        "\x1b[2J", "a\nb", "\u202e", [], {}, [[]], {"x": 1}, [1, "2"], "NaN",
    )  # fmt: skip
    if rng.random() < chance:
        return hostile[int(rng.integers(len(hostile)))]
    if isinstance(value, dict):
        return {
            key: changed_numbers(one, rng, chance)
            for key, one in value.items()
            if rng.random() > chance / 4
        }
    if isinstance(value, list):
        return [changed_numbers(one, rng, chance) for one in value]
    return value


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    """Return what a function writes to a file."""
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def drained(found: Iterable[object]) -> None:
    """Go through what is made when it is asked for."""
    with suppress(StopIteration):
        for _ in found:
            pass
