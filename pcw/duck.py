"""What every question of ours to DuckDB is asked under; `dbt_project/profiles.yml` says the same for the models."""

# Up to 1.5.5 it may lose a row, or take another than the first, of an order in which a value is empty (its issues 23677
# and 24363). Said when a database is opened, never by SET: a thread that plans a query meanwhile reads what is being
# replaced, and the process ends by a signal.
RIGHT_ROWS: dict[str, str | bool | int | float | list[str]] = {"disabled_optimizers": "top_n_window_elimination"}
