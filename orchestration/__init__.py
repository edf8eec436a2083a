"""When and in what order: Dagster assets, checks, sensors, schedules and jobs, and the commands.

What is right belongs in the rooms.
"""
