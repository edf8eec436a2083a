"""A month of feeds at the size of England: many commissioners, each of them a world of its own.

`write_england` is the one entry. The large feeds are written commissioner by commissioner, by the same code as those of
an ordinary sample, so that no more than one commissioner is in memory; the small ones from all of them together.
"""

from .sample import FEEDS, write_england

__all__ = ["FEEDS", "write_england"]
