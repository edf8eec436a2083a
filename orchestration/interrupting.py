"""What is said when Ctrl-C (or SIGTERM) ended a run from the shell. That it came is known by `pcw.ending`.

Nothing has to be undone, as after kill -9: what is half is swept away by the next run.
"""

from pcw.home import Home
from publishing.messages import plural
from publishing.shelf import current_id


def sentence(home: Home, landed: int, waiting: int, release_before: str | None) -> str:
    """What was finished, what readers see, and how to go on."""
    files = f"{landed} of {plural(waiting, 'new file')} landed and stay landed" if waiting else "No file was landed"
    release = current_id(home)
    if release is None:
        seen = "There is no release yet"
    elif release == release_before:
        seen = f"Readers see release {release} as before"
    else:
        seen = f"Release {release} is published, whole, though not everybody may have been told"
    return f"Interrupted. {files}. {seen}; nothing half is published. Run the same command again: it goes on from here."
