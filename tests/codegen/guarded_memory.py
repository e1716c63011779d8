"""Arrays that lie against a page that must not be touched."""

import ctypes
import mmap

import numpy as np

PAGE = mmap.PAGESIZE

_protect = ctypes.CDLL(None, use_errno=True).mprotect
_protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def guarded(nbytes, *, at_end):
    """Bytes that begin right behind one forbidden page, or end right before the other."""
    pages = max(1, -(-nbytes // PAGE))
    memory = np.frombuffer(mmap.mmap(-1, (pages + 2) * PAGE), np.uint8)
    for place in (0, pages + 1):
        if _protect(memory.ctypes.data + place * PAGE, PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect failed")
    start = PAGE * (pages + 1) - nbytes if at_end else PAGE
    return memory[start : start + nbytes]


def placed(array, *, at_end):
    """A copy of the array in guarded memory."""
    copy = guarded(array.nbytes, at_end=at_end).view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
