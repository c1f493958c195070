"""The flow of `sim check`: files → questions → looks at more and more replicates → verdicts and what moved them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from sim.analysis.outcomes import Outcome
from sim.analysis.verdicts import Cause, CheckReport
from sim.checks.accepting import Standing, find_standings
from sim.checks.bench import Bench, Sample
from sim.checks.causes import ORDER, changed_lines, engine_cause, noise_cause
from sim.checks.charting import Gallery, draw_what_moved
from sim.checks.questions import BaselineQuestion, ExpectationQuestion, Question
from sim.checks.reading import CheckFile, read_check_file
from sim.errors import Place, Problem, ScenarioError, sort_problems
from sim.execution import package_version


def check_files(paths: Sequence[Path], bench: Bench, today: date, gallery: Gallery | None = None) -> CheckReport:
    """The verdicts on all expectations and accepted outcomes of these files; problems instead where they are bad.

    Args:
        gallery: where to draw what moved; None for nowhere.
    """
    try:
        files = read_check_files(paths)
        standings = find_standings(files, bench.out, today)
    except ScenarioError as error:
        return CheckReport((), error.problems, package_version())
    questions = questions_of(files, standings)
    look_until_answered(questions, bench)
    causes = _Causes(standings, bench)
    bench.measure(sample for question in questions for sample in causes.samples(question))
    verdicts = tuple(question.verdict(causes.of(question)) for question in questions)
    warnings = dict.fromkeys(problem for file in files for problem in file.warnings)
    report = CheckReport(verdicts, tuple(warnings), package_version(), tuple(one.facts() for one in standings))
    if gallery is None:
        return report
    return replace(report, charts=draw_what_moved(report, questions, bench, gallery))


def read_check_files(paths: Sequence[Path]) -> list[CheckFile]:
    """All files, checked.

    Raises:
        ScenarioError: with the problems of all of them.
    """
    files: list[CheckFile] = []
    problems: dict[Problem, None] = {}
    for path in paths:
        try:
            files.append(read_check_file(path))
        except ScenarioError as error:
            problems.update(dict.fromkeys(error.problems))
    first: dict[str, Place] = {}
    for held in (held for file in files for held in file.held):
        other = first.setdefault(held.scenario.name, held.place)
        if other is not held.place:
            message = f"`{held.scenario.name}` is held to accepted outcomes twice"
            problems[Problem(message, held.place, also=(("stands here", other),))] = None
    if problems:
        raise ScenarioError(sort_problems(problems))
    return files


def questions_of(files: Sequence[CheckFile], standings: Sequence[Standing]) -> list[Question]:
    """Everything that is asked, file by file: first the expectations, then the accepted outcomes."""
    questions: list[Question] = []
    for file in files:
        questions += [ExpectationQuestion(file.settings, one) for one in file.expected]
        for standing in standings:
            if standing.held in file.held:
                margins = standing.held.margins
                questions += [BaselineQuestion(file.settings, standing, metric, margin) for metric, margin in margins]
    return questions


def look_until_answered(questions: Sequence[Question], bench: Bench) -> None:
    """Each question's looks, one after the other; those of all open questions together."""
    waiting, look = list(questions), 0
    while waiting:
        bench.measure(sample for question in waiting for sample in question.samples(look))
        waiting = [question for question in waiting if not question.is_answered(look, bench)]
        look += 1


@dataclass(frozen=True)
class _Causes:
    """What moved outcomes: the accepted scenario beside the one of now, and beside itself under this version."""

    standings: Sequence[Standing]
    bench: Bench

    def samples(self, question: Question) -> list[Sample]:
        """The accepted scenarios that have to be run again."""
        found = [_again(question, standing) for standing in self._concerned(question)]
        return [sample for sample in found if sample is not None]

    def of(self, question: Question) -> tuple[Cause, ...]:
        """The causes of what did not pass, or moved within its margin; none where nothing was accepted.

        A line that the scenario of an expectation shares with the one that is subtracted comes behind its own lines.
        """
        found: dict[Cause, None] = {}
        concerned = self._concerned(question)
        shared = set(changed_lines(concerned[1])) if len(concerned) > 1 else set()
        for standing in concerned:
            sample = _again(question, standing)
            found.update(dict.fromkeys(self._of_engine(question, standing, sample)))
            if sample is None or not self._is_repeated(question, sample):
                found.update(dict.fromkeys(changed_lines(standing)))
        if isinstance(question, BaselineQuestion) and question.judgement != "pass" and question.is_like_luck:
            found[noise_cause(question.values.size)] = None
        return tuple(sorted(found, key=lambda cause: (ORDER.index(cause.kind), cause in shared)))

    def _concerned(self, question: Question) -> list[Standing]:
        """The accepted outcomes of the scenarios that a question is about, where it did not pass or has moved."""
        if isinstance(question, BaselineQuestion):
            return [question.standing] if question.judgement != "pass" or question.has_moved else []
        if question.judgement == "pass":
            return []
        names = [sample.scenario.name for sample in question.samples(0)]
        concerned = [standing for standing in self.standings if standing.held.scenario.name in names]
        return sorted(concerned, key=lambda standing: names.index(standing.held.scenario.name))

    def _of_engine(self, question: Question, standing: Standing, sample: Sample | None) -> list[Cause]:
        if sample is None:
            return [engine_cause(standing)]
        is_one = isinstance(question, BaselineQuestion)
        metrics = [question.metric] if is_one else [metric for metric, _ in standing.held.margins]
        for metric in metrics:
            was, again = standing.outcomes(metric), self.bench.values(sample, Outcome(metric))
            n = min(was.size, again.size)
            if not np.array_equal(was[:n], again[:n], equal_nan=True):
                return [engine_cause(standing, metric, again[:n] - was[:n])]
        return []

    def _is_repeated(self, question: Question, sample: Sample) -> bool:
        """Whether the scenario gives what the accepted one gives now, so that its changed lines move nothing here."""
        if not isinstance(question, BaselineQuestion):
            return False
        again = self.bench.values(sample, Outcome(question.metric))
        return np.array_equal(question.values, again[: question.values.size], equal_nan=True)


def _again(question: Question, standing: Standing) -> Sample | None:
    """The accepted scenario with the luck with which it was accepted; None where it cannot be read any more.

    An expectation of another file may have another seed, whose luck is no cause of anything. It has as many replicates
    as were accepted, and as many as an accepted outcome is compared over.
    """
    if standing.accepted is None:
        return None
    was = standing.baseline
    n_compared = question.looks[question.last_look] if isinstance(question, BaselineQuestion) else 0
    return Sample(standing.accepted, was.seed, max(was.n_replicates, n_compared))
