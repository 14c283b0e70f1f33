"""The schema: pict-rs's, as its own migrations make it, and what pictd adds to it.

Pict-rs keeps a history of its migrations, and refuses to start where that differs from what it
knows (spec storage §3.4): it is written here as pict-rs would write it, and never beyond what
pict-rs has. Ours has a table of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
from psycopg2.errors import DuplicateTable

from pictd.errors import RepoUnavailable, RepoUnusable
from pictd.model.times import to_rfc3339
from pictd.repo.postgres.failures import told
from pictd.repo.postgres.sessions import Step

_FOLDER = Path(__file__).parent
_CHECKSUMS = (
    "9317794008192182991",
    "7074015432780081331",
    "9247905228450874791",
    "18038391766803442429",
    "9597396539586452125",
    "7187123035454364780",
    "11174656476603783827",
    "13111315025377053081",
    "7931845419320168099",
    "16201227541284560667",
    "12060541120329532483",
    "2320207569887721023",
    "15350846505633349541",
    "5809085820292009414",
    "5279623279469307503",
)
"""What pict-rs 0.5.11 to 0.5.17 record, by version."""

_LOCK = 0x7069637464
"""Of nodes that start at the same time, one works on the schema."""
_PATIENTLY = "SET LOCAL statement_timeout = 0"
_HISTORY = """
    CREATE TABLE IF NOT EXISTS refinery_schema_history (
        version INT4 PRIMARY KEY,
        name VARCHAR(255),
        applied_on VARCHAR(255),
        checksum VARCHAR(255)
    )
"""
_OURS = "CREATE TABLE IF NOT EXISTS pictd_schema (version INT4 PRIMARY KEY)"
_MADE = """
    SELECT to_regclass('refinery_schema_history') IS NOT NULL
        AND to_regclass('pictd_schema') IS NOT NULL
"""
_RECORDED = "SELECT version, name, checksum FROM refinery_schema_history ORDER BY version"
_RECORD = "INSERT INTO refinery_schema_history VALUES (%s, %s, %s, %s)"
_RAW_BYTES = """
    INSERT INTO pictd_uploads (id, identifier)
    SELECT u.id, j.job #>> '{Ingest,identifier}'
    FROM job_queue AS j JOIN uploads AS u ON u.id::text = j.job #>> '{Ingest,upload_id}'
    WHERE j.queue = 'process' AND u.result IS NULL AND j.job #>> '{Ingest,identifier}' IS NOT NULL
    ON CONFLICT DO NOTHING
"""
"""Of uploads that pict-rs queued, only the job knows the bytes."""


@attrs.frozen
class Script:
    """One file of the schema."""

    number: int
    name: str
    sql: str


def pict_rs_scripts() -> Sequence[Script]:
    """Those of pict-rs, from 0 on."""
    return _scripts(_FOLDER / "pict_rs", digits=2)


def own_scripts() -> Sequence[Script]:
    """Those of pictd, from 1 on."""
    return _scripts(_FOLDER, digits=4)


async def verify(step: Step) -> None:
    """See that nothing is missing, without writing anything.

    :raise RepoUnusable: as ``upgrade``.
    :raise RepoUnavailable: something is missing, which another node may add.
    """
    await step.execute("SET TRANSACTION READ ONLY")
    ((made,),) = await step.rows(_MADE)
    if not made or await _missing_of_pict_rs(step) or await _missing_own(step):
        raise RepoUnavailable(
            "The database has no schema of pictd yet, or an older one, and nothing may be changed "
            "from here: a server that may change it does so when it starts"
        )


async def check_there(step: Step) -> None:
    """:raise RepoUnusable: neither pict-rs nor pictd has ever opened this database."""
    ((found,),) = await step.rows("SELECT to_regclass('refinery_schema_history')::text")
    if found is None:
        raise RepoUnusable("The database is empty, or not one of pictd or pict-rs")


async def upgrade(step: Step, now: int) -> None:
    """Apply what is missing, all in one step: a crash leaves the schema as it was.

    :raise RepoUnusable: the database was made by a newer program, or by another.
    """
    await step.execute(_PATIENTLY)
    await step.rows("SELECT pg_advisory_xact_lock(%s)", _LOCK)
    await _upgrade_pict_rs(step, now)
    await _upgrade_own(step)
    await step.execute(_RAW_BYTES)


async def _upgrade_pict_rs(step: Step, now: int) -> None:
    await step.execute(_HISTORY)
    for script in await _missing_of_pict_rs(step):
        await _apply(step, script)
        checksum = _CHECKSUMS[script.number]
        await step.execute(_RECORD, script.number, script.name, to_rfc3339(now), checksum)


async def _missing_of_pict_rs(step: Step) -> Sequence[Script]:
    recorded = await step.rows(_RECORDED)
    scripts = pict_rs_scripts()
    for script, row in zip(scripts, recorded, strict=False):
        _compare(script, row)
    if len(recorded) > len(scripts):
        raise RepoUnusable(
            f"The database has migration {recorded[-1][0]} of pict-rs; "
            f"this pictd knows those up to {scripts[-1].number}"
        )
    return scripts[len(recorded) :]


async def _apply(step: Step, script: Script) -> None:
    try:
        await step.execute(script.sql)
    except DuplicateTable as error:
        raise RepoUnusable(f"The database belongs to another program: {told(error)}") from error


def _compare(script: Script, row: Sequence[object]) -> None:
    expected = (script.number, script.name, _CHECKSUMS[script.number])
    if tuple(row) != expected:
        raise RepoUnusable(
            f"The database has a migration of pict-rs that this pictd does not know: {row[0]} "
            f"({row[1]}), where {script.number} ({script.name}) is expected"
        )


async def _upgrade_own(step: Step) -> None:
    await step.execute(_OURS)
    for script in await _missing_own(step):
        await step.execute(script.sql)
        await step.execute("INSERT INTO pictd_schema VALUES (%s)", script.number)


async def _missing_own(step: Step) -> Sequence[Script]:
    ((version,),) = await step.rows("SELECT coalesce(max(version), 0) FROM pictd_schema")
    scripts = own_scripts()
    if version > scripts[-1].number:
        raise RepoUnusable(
            f"The database has schema version {version}, made by a newer pictd; "
            f"this one knows versions up to {scripts[-1].number}"
        )
    return scripts[version:]


def _scripts(folder: Path, digits: int) -> Sequence[Script]:
    return [
        Script(int(file.stem[:digits]), file.stem[digits + 1 :], file.read_text())
        for file in sorted(folder.glob("[0-9]" * digits + "_*.sql"))
    ]
