"""What others see: releases, their history, alerts and status. No figure is computed here; no Dagster, no dbt."""
