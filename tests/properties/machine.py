"""Random interleavings: clients, workers, time, failures and the end of processes."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pictd.generate.service import Recipe
from pictd.model.alias import Alias
from pictd.model.formats import Output
from pictd.model.operations import parse_chain
from pictd.model.records import Original, Queue
from tests.properties.checks import Checks
from tests.properties.clients import Clients
from tests.properties.model import Model
from tests.properties.world import Ground, World

CONTENTS = st.sampled_from([b"one", b"two", b"three"])
PAGES = {"http://a.example/1": b"one", "http://b.example/2": b"page"}
RECIPES = st.sampled_from(
    [
        Recipe(parse_chain([("resize", size)]), Output.from_extension("webp") or Output.PNG)
        for size in ("8", "9")
    ]
)
NUMBERS = st.integers(0, 30)
SPANS = st.sampled_from([61.0, 25 * 60.0, 50 * 60.0, 26 * 3600.0])
MOST_ENDS = 2
"""Of processes, and failures of backends: a job has five attempts, which may not be used up."""


class Races(RuleBasedStateMachine):
    """Everything that happens to a server, in any order."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground = ground
        self.model = Model(self._look, self._is_there)
        self.ends = self.failures = 0
        self._begin()

    @rule(content=CONTENTS)
    def upload(self, content: bytes) -> None:
        """A client uploads a file."""
        self.clients.upload(content)

    @rule(content=CONTENTS)
    def queue(self, content: bytes) -> None:
        """A client has a file queued."""
        self.clients.queue(content)

    @precondition(lambda self: self.model.queued)
    @rule(number=NUMBERS, patient=st.booleans())
    def claim(self, number: int, patient: bool) -> None:
        """A client claims, perhaps what was claimed already."""
        ids = list(self.model.queued)
        self.clients.claim(ids[number % len(ids)], patient)

    @precondition(lambda self: self.model.live())
    @rule(number=NUMBERS)
    def delete(self, number: int) -> None:
        """A client deletes what is its own."""
        self.clients.delete(self._alias(number))

    @precondition(lambda self: self.model.live())
    @rule(number=NUMBERS)
    def delete_wrongly(self, number: int) -> None:
        """A client tries to delete what is not."""
        self.clients.delete_wrongly(self._alias(number))

    @precondition(lambda self: self.model.live())
    @rule(number=NUMBERS)
    def purge(self, number: int) -> None:
        """The operator purges."""
        self.clients.purge(self._alias(number))

    @precondition(lambda self: self.model.live())
    @rule(number=NUMBERS, recipe=RECIPES)
    def show(self, number: int, recipe: Recipe) -> None:
        """A client looks at a variant."""
        self.clients.show(self._alias(number), recipe)

    @rule(url=st.sampled_from(sorted(PAGES)))
    def proxy(self, url: str) -> None:
        """A client looks at a remote file."""
        self.clients.proxy(url)

    @rule()
    def sweep(self) -> None:
        """The time has come to let go of what is outdated."""
        self.clients.sweep()

    @precondition(lambda self: self.clients.running)
    @rule(number=NUMBERS)
    def leave(self, number: int) -> None:
        """A client goes away."""
        self.clients.leave(number)

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=8))
    def go_on(self, numbers: list[int]) -> None:
        """Work goes on, here and there."""
        for number in numbers:
            self.world.open(number)

    @rule(count=st.integers(1, 40), number=NUMBERS)
    def go_on_together(self, count: int, number: int) -> None:
        """Work goes on for a while."""
        for _ in range(count):
            self.world.open(number)

    @rule(seconds=SPANS)
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.world.advance(seconds)

    @precondition(lambda self: self.failures < MOST_ENDS)
    @rule(number=NUMBERS)
    def fail(self, number: int) -> None:
        """A backend fails."""
        self.failures += 1
        self.clients.fail(number)

    @precondition(lambda self: self.ends < MOST_ENDS)
    @rule()
    def crash(self) -> None:
        """The process dies, and another begins."""
        self.ends += 1
        self.clients.die()
        self.ground.time.advance(1)
        self._begin()

    @precondition(lambda self: self.ends < MOST_ENDS)
    @rule()
    def stop(self) -> None:
        """The process ends in order, and another begins."""
        self.ends += 1
        self.world.stop()
        self.clients.die()
        self.ground.time.advance(1)
        self._begin()

    @precondition(lambda self: self.model.live())
    @rule(number=NUMBERS)
    def lose(self, number: int) -> None:
        """Bytes vanish from the store."""
        alias = self._alias(number)
        found = self._look(alias)
        if found is not None:
            content = self.model.names[alias].content
            self.model.lost.add(content)
            self.model.losses[content] += 1
            self.ground.finish(self.ground.store.remove(found.record.identifier))

    @rule()
    def settle(self) -> None:
        """Everybody comes to an end."""
        self.world.run()

    @invariant()
    def promises_hold(self) -> None:
        """What the server shows is what clients were told."""
        for failure in self.clients.failures:
            failure.raiseException()
        Checks(self.model, self.world).visible()

    def teardown(self) -> None:
        """At the end nothing is left over."""
        try:
            self._work_off()
            self.promises_hold()
            Checks(self.model, self.world).nothing_left()
        finally:
            self.clients.die()

    def _begin(self) -> None:
        self.world = World(self.ground)
        self.clients = Clients(self.world, self.model)
        self.world.start()
        self.clients.sweep_strays()

    def _work_off(self) -> None:
        """Patient claimers leave; jobs that were put off come due."""
        for _ in range(200):
            self.world.run()
            if not self._jobs():
                break
            self.world.advance(31)
        self.clients.leave_all()
        self.world.run()
        self.clients.settled()
        self.ground.time.advance(1)
        self.clients.sweep_strays()
        self.world.run()

    def _jobs(self) -> int:
        length = self.world.bare.jobs.length
        return sum(self.ground.finish(length(queue)) for queue in Queue)

    def _alias(self, number: int) -> Alias:
        live = self.model.live()
        return live[number % len(live)]

    def _look(self, alias: Alias) -> Original | None:
        found: Original | None = self.ground.finish(self.world.bare.aliases.find(alias))
        return found

    def _is_there(self, id: str) -> bool:
        return self.ground.finish(self.world.bare.uploads.find(id)) is not None
