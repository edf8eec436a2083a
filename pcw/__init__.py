"""What every room stands on: settings, the layout of PCW_HOME, errors and safe files. No NHS rule belongs here."""

__version__ = "0.1.0"
