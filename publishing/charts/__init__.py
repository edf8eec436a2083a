"""Charts as SVG, each with a text alternative: drawn from rows, knowing nothing of releases."""
