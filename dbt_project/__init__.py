"""What it means: the dbt project, and the relations that it reads.

`feeds` puts landing before dbt; nothing here runs dbt.
"""
