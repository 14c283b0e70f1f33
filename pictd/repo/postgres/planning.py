"""How the server goes about a step's statements."""

from __future__ import annotations

from pictd.repo.postgres.sessions import Step

_BY_INDEX = """
    SELECT set_config(name, 'off', true)
    FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS name
"""


async def by_index(step: Step) -> None:
    """Let it look rows up by index for the rest of the step. Of a table that was just filled it has
    no figures yet, and would read all of it for a few hundred keys."""
    await step.rows(_BY_INDEX)
