"""The board of the whole catalogue that people look at shows what it promises."""

from __future__ import annotations

from tests.dashboards.board.whole import SILENT, Plant


def test_the_whole_fleet_has_every_state_that_is_to_be_looked_at() -> None:
    board = Plant(40).board
    view = board.fleet_view()
    tiles = {tile.code: tile for tile in view.stations}
    assert (len(tiles), view.units) == (13, 379)
    assert {"urgent", "warning", "watch", "partial", "stopped", "normal"} <= set(view.counts)
    assert sum(tile.attended for tile in view.stations) > 0
    assert [code for code, tile in tiles.items() if tile.is_stale] == [SILENT]
    warnings = board.warnings()
    assert len(warnings) == 40
    assert all(warning.text.zh and warning.text.en and warning.first.en for warning in warnings)
    assert {"unacknowledged", "acknowledged", "shelved"} == {warning.state for warning in warnings}
