"""The layout of PCW_HOME: where each kind of thing lives. Nothing here reads or writes file contents."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """Paths below one data folder."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Files that wait to be received."""
        return self.root / "inbox"

    @property
    def landing(self) -> Path:
        """Immutable submissions: <dataset>/<submission_id>/."""
        return self.root / "landing"

    @property
    def quarantine(self) -> Path:
        """Refused files with their reasons: <sha256 first 16>/."""
        return self.root / "quarantine"

    @property
    def warehouse(self) -> Path:
        """The private build database; disposable, rebuilt from landing."""
        return self.root / "warehouse.duckdb"

    @property
    def private(self) -> Path:
        """Exact marts of each release, mode 0600."""
        return self.root / "private"

    @property
    def published(self) -> Path:
        """What readers open: releases/, current.duckdb, current.json."""
        return self.root / "published"

    @property
    def reports(self) -> Path:
        """Reports written for people."""
        return self.root / "reports"

    @property
    def quality(self) -> Path:
        """The newest pages of quality; each release has those of its day."""
        return self.reports / "quality"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME of this deployment."""
        return self.root / "dagster"

    @property
    def outbox(self) -> Path:
        """Alerts that no channel has taken yet."""
        return self.root / "outbox"

    @property
    def waivers(self) -> Path:
        """What somebody accepts of what the gates found: one file each."""
        return self.root / "waivers"

    @property
    def heartbeat(self) -> Path:
        """When runs ended and the daemon was last alive."""
        return self.root / "heartbeat"

    @property
    def work(self) -> Path:
        """Scratch space on the same filesystem; whatever is in it may be swept."""
        return self.root / ".work"

    @property
    def telling_due(self) -> Path:
        """There from before something may happen that owners are told of until they were told."""
        return self.root / "telling-due"

    @property
    def lock(self) -> Path:
        """Held from choosing submissions to the flip."""
        return self.root / "pcw.lock"

    def create(self) -> "Home":
        """Make the folders that must exist; returns self."""
        for folder in (
            self.inbox,
            self.landing,
            self.quarantine,
            self.private,
            self.published,
            self.reports,
            self.dagster,
            self.work,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        self.private.chmod(0o700)
        return self
