"""The one error that people read. Anything else that escapes is a defect of ours."""


class PcwError(Exception):
    """A sentence for the reader: what was expected, what came, what to do."""
