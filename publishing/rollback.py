"""Going back to an earlier release, and staying there until somebody says otherwise.

Belongs here: what an operator decides about releases. How links are flipped is in `publishing.shelf`.
"""

from dataclasses import replace
from datetime import datetime

from pcw.errors import PcwError
from pcw.home import Home
from publishing import copies, shelf
from publishing.shelf import Pin, Release


def rollback(home: Home, release_id: str | None, *, reason: str, at: datetime) -> Release:
    """Make an earlier release current and pin it: later runs still write releases, readers see the pinned one.

    The caller holds `home.lock`.

    Args:
        release_id: where to go; None: the release before the current one.
        reason: why; shown by `pcw status` and by every run until it is unpinned.

    Raises:
        PcwError: no such release, an `--as-at` one, an incomplete one, or nothing earlier.
    """
    release = shelf.find_release(home, release_id) if release_id is not None else _earlier(home)
    shelf.assert_can_be_current(release)
    # The pin first: after a crash in between, `repair` flips to what is pinned.
    shelf.set_pin(home, Pin(release.release_id, reason, at.isoformat()))
    shelf.flip(home, release)
    copies.follow(home)
    return replace(release, is_current=True, message=f"Pinned: {reason}")


def unpin(home: Home) -> Release:
    """Remove the pin and make the newest release current. The caller holds `home.lock`.

    Raises:
        PcwError: nothing is pinned.
    """
    pin = shelf.pin_of(home)
    if pin is None:
        raise PcwError("No release is pinned, so there is nothing to unpin.")
    known = shelf.normal_releases(home)
    if not known:
        raise PcwError(f"No release can be read, so {pin.release_id} stays pinned. `pcw doctor` says what to do.")
    newest = known[-1]
    shelf.set_pin(home, None)
    shelf.flip(home, newest)
    copies.follow(home)
    return replace(newest, is_current=True, message=f"Unpinned {pin.release_id}; readers see the newest release again.")


def _earlier(home: Home) -> Release:
    seen, current = shelf.current_id(home), shelf.current_release(home)
    if seen is not None and current is None:
        raise PcwError(
            f"{seen}, which readers see, cannot be read, so it is not known which was before it. Name the release to "
            "go back to; `pcw doctor` says what to do."
        )
    if current is None:
        raise PcwError("There is no release yet, so there is nothing to go back to.")
    earlier = [release for release in shelf.normal_releases(home) if release.sequence < current.sequence]
    if not earlier:
        raise PcwError(f"{current.release_id} is the oldest release kept, so there is nothing earlier to go back to.")
    return earlier[-1]
