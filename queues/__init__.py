"""The decision core: who gets which call. No I/O, no clock, no asyncio."""
