"""What the table of the benchmark says of a figure."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.table import Goal, Row, render


class RowTests(SynchronousTestCase):
    """One figure beside its floor."""

    def test_a_cost_is_held_against_its_floor(self) -> None:
        """Three times the floor is the most; a little more is too much."""
        self.assertTrue(Row("upload", "ms", 120, 40, Goal.AT_MOST, 3).ok)
        self.assertFalse(Row("upload", "ms", 121, 40, Goal.AT_MOST, 3).ok)

    def test_an_allowance_comes_on_top(self) -> None:
        """In the unit of the figure, whatever the floor."""
        self.assertTrue(Row("variant", "ms", 62, 40, Goal.AT_MOST, 1.3, 10).ok)
        self.assertFalse(Row("variant", "ms", 63, 40, Goal.AT_MOST, 1.3, 10).ok)

    def test_a_rate_is_held_against_its_floor(self) -> None:
        """Half the floor is the least; a little less is too little."""
        self.assertTrue(Row("GET", "/s", 500, 1000, Goal.AT_LEAST, 0.5).ok)
        self.assertFalse(Row("GET", "/s", 499, 1000, Goal.AT_LEAST, 0.5).ok)

    def test_without_a_floor_the_figure_itself_counts(self) -> None:
        """Memory has a bound of its own."""
        self.assertTrue(Row("memory", "MB", 150, None, Goal.AT_MOST, 150).ok)
        self.assertFalse(Row("memory", "MB", 151, None, Goal.AT_MOST, 150).ok)


class RenderTests(SynchronousTestCase):
    """The whole table."""

    def test_columns_line_up(self) -> None:
        """Every line is equally long, whatever it holds."""
        rows = [
            Row("a long name", "ms", 1, 2, Goal.AT_MOST, 3),
            Row("short", "MB", 123456, None, Goal.AT_MOST, 3),
        ]
        self.assertEqual(len({len(line) for line in render(rows).splitlines()}), 1)

    def test_notes_stand_below(self) -> None:
        """With a line between."""
        table = render([Row("a", "ms", 1, 1, Goal.AT_MOST, 3, 5)], "what it means")
        self.assertTrue(table.endswith("<= 3 x + 5 ms  yes\n\nwhat it means"), table)

    def test_a_missed_target_is_easy_to_see(self) -> None:
        """Its line ends in capitals."""
        self.assertTrue(render([Row("a", "ms", 9, 1, Goal.AT_MOST, 3)]).endswith("NO"))
