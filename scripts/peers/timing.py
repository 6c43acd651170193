"""Time jobs in turns, and compare them round by round: what slows the machine for a moment slows all of a round."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Job = Callable[[], object]
Samples = dict[str, list[float]]  # seconds of one run of each job, a round at a time


@dataclass(frozen=True)
class Spread:
    """A median, and the quartiles between which half of the values lie."""

    median: float
    low: float
    high: float


def spread(values: list[float]) -> Spread:
    """Return the median and the quartiles.

    >>> spread([3.0, 1.0, 2.0, 5.0, 4.0])
    Spread(median=3.0, low=2.0, high=4.0)
    """
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratios(samples: Samples, base: str) -> dict[str, Spread]:
    """Return each job's time against the base's, as the spread of the ratios within each round.

    >>> ratios({"ours": [1.0, 2.0], "theirs": [2.0, 4.0]}, "ours")["theirs"]
    Spread(median=2.0, low=2.0, high=2.0)
    """
    return {
        name: spread([one / ours for one, ours in zip(times, samples[base], strict=True)])
        for name, times in samples.items()
    }


def runs_for(job: Job, seconds: float, synchronize: Job) -> int:
    """Return how often a job must run to take about so many seconds."""
    once = time_runs(job, 1, synchronize)
    return max(1, min(1000, round(seconds / max(once, 1e-9))))


def time_runs(job: Job, runs: int, synchronize: Job) -> float:
    """Return the mean seconds of a run."""
    synchronize()
    start = time.perf_counter()
    for _ in range(runs):
        job()
    synchronize()
    return (time.perf_counter() - start) / runs


def in_turns(
    jobs: Mapping[str, Job],
    rounds: int,
    seconds_a_turn: float = 0.03,
    synchronize: Job = lambda: None,
    tick: Callable[[str], object] = lambda name: None,
) -> Samples:
    """Return the times of each job in each round. Every second round goes backwards, so that none is always first."""
    for job in jobs.values():
        job()
    runs = {name: runs_for(job, seconds_a_turn, synchronize) for name, job in jobs.items()}
    samples: Samples = {name: [] for name in jobs}
    for number in range(rounds):
        for name in list(jobs)[:: -1 if number % 2 else 1]:
            tick(name)
            samples[name].append(time_runs(jobs[name], runs[name], synchronize))
    return samples


def cells(sections: Mapping[str, Samples]) -> dict[str, tuple[Spread, Spread]]:
    """Return, for each section and row, the time against ours and the seconds, both with their spread."""
    return {
        f"{section} {name}": (against, spread(samples[name]))
        for section, samples in sections.items()
        for name, against in ratios(samples, "ours").items()
    }
