"""The dashboards of Grafana: made by `build` from the catalogue, committed as ``boards/*.json``, checked by `check`."""
