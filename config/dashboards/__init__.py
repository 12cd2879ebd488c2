"""Grafana's dashboards as code: `python -m config.dashboards` writes config/grafana. Not in the wheel."""
