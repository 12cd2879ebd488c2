"""A set of things in order: the waiting line and the idle agents are such pools."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)
K = TypeVar("K")

_SPARE = 64


class PriorityQueue(Generic[T, K]):
    """Members in the order of their keys; add, discard and first are O(log n) amortised.

    Discarding only forgets the member; its heap entry is dropped when it surfaces, or all stale
    entries at once when they outnumber the living, so the heap stays proportional to the pool.
    Equal keys keep the order of adding.
    """

    __slots__ = ("_entries", "_heap", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[K, int, T]] = []
        self._entries: dict[T, tuple[K, int, T]] = {}
        self._serial = 0

    def __contains__(self, member: T) -> bool:
        return member in self._entries

    def add(self, member: T, key: K) -> None:
        """Put the member in its place; a member already there moves to the new place."""
        self._serial += 1
        entry = (key, self._serial, member)
        self._entries[member] = entry
        heapq.heappush(self._heap, entry)
        if len(self._heap) > 2 * len(self._entries) + _SPARE:
            self._heap = list(self._entries.values())
            heapq.heapify(self._heap)

    def discard(self, member: T) -> None:
        """Take the member out, if it is there."""
        self._entries.pop(member, None)

    def first(self) -> T | None:
        """The member whose turn it is, None when the pool is empty."""
        heap = self._heap
        while heap:
            entry = heap[0]
            if self._entries.get(entry[2]) is entry:
                return entry[2]
            heapq.heappop(heap)
        return None

    def first_key(self) -> K | None:
        """The key of the first member."""
        member = self.first()
        return None if member is None else self._entries[member][0]

    def in_order(self) -> Iterator[T]:
        """All members in order: for screens and tests, O(n log n)."""
        for _key, _serial, member in sorted(self._entries.values()):
            yield member
