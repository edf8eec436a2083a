"""Exports of a release, for those who open no DuckDB: Parquet, CSV, a data dictionary, indicators by practice."""
