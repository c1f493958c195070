"""The workflow and the hooks that other repositories copy do what docs/ci.md says, as far as that shows without GitHub.

A small runner takes the steps of the workflow in order: `run:` in bash with the options of GitHub's runner, in a
repository of git; `uses:` needs the network and stands still, but for what is uploaded, which is noted. `gh` is a
program that keeps comments in a file.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / "docs" / "ci" / "sim-check.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]
OURS, THEIRS = "team/shop", "visitor/shop"
ARTIFACT = "https://github.example/team/shop/actions/runs/4711/artifacts/42"

GH = '''\
#!{python}
"""Answers as `gh api` would for the comments of one pull request, which stand in $COMMENTS."""
import json, os, re, sys
from pathlib import Path
file, arguments = Path(os.environ["COMMENTS"]), sys.argv[2:]
assert sys.argv[1] == "api" and os.environ["GH_TOKEN"], sys.argv
comments = json.loads(file.read_text("utf-8"))
url = next(each for each in arguments if each.startswith("repos/"))
method = arguments[arguments.index("--method") + 1] if "--method" in arguments else "GET"
number = int(url.rpartition("/")[2]) if url.rpartition("/")[2].isdigit() else None
if method == "GET":
    assert url == "repos/team/shop/issues/7/comments" and "--paginate" in arguments, sys.argv
    mine = (one for one in comments if one["user"] == "github-actions[bot]")
    print(*(one["id"] for one in mine if one["body"].startswith(os.environ["MARK"])), sep="\\n")
    sys.exit()
kept = [one for one in comments if one["id"] != number]
if method == "DELETE":
    assert len(kept) < len(comments), url
else:
    body = next(each for each in arguments if each.startswith("body=@"))[6:]
    one = {{"id": number or 100 + len(comments), "user": "github-actions[bot]", "body": Path(body).read_text("utf-8")}}
    assert (method == "PATCH") == (number is not None), sys.argv
    kept.append(one)
file.write_text(json.dumps(kept), "utf-8")
'''
SIM = '#!/bin/sh\nexec "{python}" -W error -m sim "$@"\n'
PYTHON = '#!/bin/sh\n[ "$*" = "-m pip install userops-sim" ] || exec "{python}" "$@"\n'
SAYS = '#!/bin/sh\ncp "$SAID" sim-check.md 2>/dev/null || : > sim-check.md\nexit "$CODE"\n'
"""A `sim` that writes the comment $SAID and ends with $CODE."""


def write_program(folder: Path, name: str, text: str) -> None:
    program = folder / name
    folder.mkdir(exist_ok=True)
    program.write_text(text.replace("{python}", sys.executable).replace("{{", "{").replace("}}", "}"), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def read_workflow() -> dict[str, Any]:
    read = yaml.load(WORKFLOW.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert isinstance(read, dict)
    return read


def steps_of_the_job() -> list[dict[str, Any]]:
    return list(read_workflow()["jobs"]["check"]["steps"])


@dataclass
class Job:
    """A pull request's job in a repository of git, with the comments of the pull request."""

    folder: Path
    head: str = OURS
    actor: str = "wang"
    event: str = "pull_request"
    environment: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    uploaded: dict[str, list[str]] = field(default_factory=dict)
    log: str = ""

    @property
    def summary(self) -> str:
        file = self.folder.parent / "summary.md"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def comments(self) -> list[str]:
        return [one["body"] for one in json.loads((self.folder.parent / "comments.json").read_text(encoding="utf-8"))]

    def value(self, name: str) -> str:
        if output := re.fullmatch(r"steps\.(\w+)\.outputs\.artifact-url", name):
            uploads = {step["id"]: step["with"]["name"] for step in steps_of_the_job() if "id" in step}
            return ARTIFACT if uploads[output[1]] in self.uploaded else ""
        return {
            "github.token": "a token",
            "github.event_name": self.event,
            "github.actor": self.actor,
            "github.repository": OURS,
            "github.event.pull_request.number": "7",
            "github.event.pull_request.head.repo.full_name": self.head,
        }[name]

    def filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: self.value(match[1]), text)

    def is_wanted(self, condition: str | None, has_failed: bool) -> bool:
        """Whether a step runs: a condition is a chain of comparisons, and without one all before must have passed."""
        if condition is None:
            return not has_failed
        terms = [term.strip() for term in condition.removeprefix("${{").removesuffix("}}").split("&&")]
        assert terms.pop(0) == "!cancelled()"
        found = [re.fullmatch(r"([\w.-]+) (==|!=) (?:'(.*)'|([\w.-]+))", term) for term in terms]
        pairs = [(self.value(one[1]), one[2], self.value(one[4]) if one[4] else one[3]) for one in found if one]
        assert len(pairs) == len(terms), condition
        return all((left == right) == (sign == "==") for left, sign, right in pairs)

    def upload(self, name: str, path: str, if_no_files_found: str) -> None:
        """Note the files of an artifact; without any there is none."""
        found = [file for each in self.folder.glob(path) for file in (each.rglob("*") if each.is_dir() else [each])]
        assert found or if_no_files_found == "ignore"
        if found:
            files = (file.relative_to(self.folder).as_posix() for file in found if file.is_file())
            self.uploaded[name] = sorted(files)

    def run(self) -> Job:
        """Take the steps in order; the exit code of each that ran, by its name."""
        programs = self.folder.parent / "bin"
        environment = {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(self.folder.parent / "summary.md"),
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": OURS,
            "GITHUB_RUN_ID": "4711",
            "COMMENTS": str(self.folder.parent / "comments.json"),
            **self.environment,
        }
        for step in steps_of_the_job():
            if not self.is_wanted(step.get("if"), any(self.codes.values())):
                continue
            if step.get("uses", "").startswith("actions/upload-artifact@"):
                self.upload(**{key.replace("-", "_"): value for key, value in step["with"].items()})
            if "run" not in step:
                continue
            script = self.folder.parent / "step.sh"
            script.write_text(step["run"], encoding="utf-8")
            own = {key: self.filled(value) for key, value in step.get("env", {}).items()}
            done = subprocess.run(
                [*BASH, str(script)], cwd=self.folder, env={**environment, **own}, capture_output=True,
                encoding="utf-8", check=False,
            )  # fmt: skip
            self.codes[step["name"]] = done.returncode
            self.log += done.stdout + done.stderr
        return self


INSTALL, CHECK, SAY, SHOW, COMMENT = (
    "Install sim", "Check", "Say where the charts are", "Show the result on the job's page",
    "Comment on the pull request",
)  # fmt: skip
FOREIGN = {"id": 1, "user": "wang", "body": "<!-- sim check -->\nnot by the workflow"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository, programs beside it, and a pull request on which someone imitates the workflow's comment."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    write_program(tmp_path / "bin", "gh", GH)
    write_program(tmp_path / "bin", "python", PYTHON)
    write_program(tmp_path / "bin", "sim", SAYS)
    (tmp_path / "comments.json").write_text(json.dumps([FOREIGN]), encoding="utf-8")
    return folder


def said(folder: Path, text: str, code: int) -> dict[str, str]:
    """The environment in which `sim` says so."""
    file = folder.parent / "said.md"
    file.write_text(text, encoding="utf-8")
    return {"SAID": str(file), "CODE": str(code)}


def test_the_workflow_asks_for_no_more_than_it_needs() -> None:
    workflow = read_workflow()
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "check": {"contents": "read", "pull-requests": "write"}
    }
    steps = steps_of_the_job()
    uses = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", used) for used in uses), uses
    assert "pull_request_target" not in workflow["on"]
    assert steps[0]["with"]["persist-credentials"] == "false"


def test_no_text_of_others_is_pasted_into_a_script() -> None:
    scripts = [step["run"] for step in steps_of_the_job() if "run" in step]
    assert len(scripts) == 5
    assert [script for script in scripts if "${{" in script] == []


def test_a_comment_is_written_once_updated_and_removed(repository: Path) -> None:
    job = Job(repository, environment=said(repository, "**1 of 2 checks fails.**\n", 1)).run()
    assert job.codes == {INSTALL: 0, CHECK: 1, SHOW: 0, COMMENT: 0}, job.log
    assert job.comments == [FOREIGN["body"], "<!-- sim check -->\n**1 of 2 checks fails.**\n"]
    assert job.summary == "**1 of 2 checks fails.**\n"
    job = Job(repository, environment=said(repository, "**2 of 2 checks fail.**\n", 1)).run()
    assert job.comments == [FOREIGN["body"], "<!-- sim check -->\n**2 of 2 checks fail.**\n"]
    job = Job(repository, environment=said(repository, "", 0)).run()
    assert job.codes == {INSTALL: 0, CHECK: 0, SHOW: 0, COMMENT: 0}, job.log
    assert job.comments == [FOREIGN["body"]]


def test_nothing_is_said_where_nothing_moved(repository: Path) -> None:
    job = Job(repository, environment=said(repository, "", 0)).run()
    assert job.codes == {INSTALL: 0, CHECK: 0, SHOW: 0, COMMENT: 0}, job.log
    assert (job.comments, job.summary) == ([FOREIGN["body"]], "")


@pytest.mark.parametrize(
    "job", [{"head": THEIRS}, {"actor": "dependabot[bot]"}, {"event": "push"}], ids=["fork", "dependabot", "push"]
)
def test_who_may_not_comment_reads_the_job_page(repository: Path, job: dict[str, Any]) -> None:
    done = Job(repository, environment=said(repository, "**1 of 2 checks fails.**\n", 1), **job).run()
    assert done.codes == {INSTALL: 0, CHECK: 1, SHOW: 0}, done.log
    assert (done.comments, done.summary) == ([FOREIGN["body"]], "**1 of 2 checks fails.**\n")


def test_a_comment_that_cannot_be_written_fails_its_step(repository: Path) -> None:
    write_program(repository.parent / "bin", "gh", "#!/bin/sh\necho 'HTTP 403' >&2\nexit 1\n")
    job = Job(repository, environment=said(repository, "**1 of 2 checks fails.**\n", 1)).run()
    assert job.codes[COMMENT] == 1


# The hooks


def test_the_hooks_are_valid() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout
    hooks = {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}
    assert {name: (hook["entry"], hook["language"], hook["pass_filenames"]) for name, hook in hooks.items()} == {
        "sim-validate": ("sim validate", "python", False),
        "sim-check": ("sim check", "python", False),
    }


def run_hooks(project: Path, stage: str) -> subprocess.CompletedProcess[str]:
    """`pre-commit` over all files of a project that takes the hooks from a repository, `sim` already on the PATH."""
    home = project.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PATH": f"{project.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PRE_COMMIT_HOME": str(home),
    }
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--hook-stage", stage, "--color", "never"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of scenarios that takes the hooks of this repository; language `python` would need the network."""
    from sim.cli.init import write_project

    hooks, project = tmp_path / "hooks", tmp_path / "project"
    for folder in (hooks, project):
        folder.mkdir()
        git(folder, "init", "--quiet")
    manifest = HOOKS.read_text(encoding="utf-8")
    assert manifest.count("language: python\n") == 2
    (hooks / HOOKS.name).write_text(manifest.replace("language: python", "language: system"), encoding="utf-8")
    git(hooks, "add", ".")
    git(hooks, "commit", "--quiet", "-m", "hooks")
    write_program(tmp_path / "bin", "sim", SIM)
    write_project(project / "scenarios")
    taken = {"repo": str(hooks), "rev": "HEAD", "hooks": [{"id": "sim-validate"}, {"id": "sim-check"}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [taken]}), encoding="utf-8")
    git(project, "add", ".")
    return project


def test_the_hook_passes_and_names_the_line_of_a_mistake(project: Path) -> None:
    done = run_hooks(project, "pre-commit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"sim validate\.+Passed", done.stdout)
    assert "sim check" not in done.stdout
    world = project / "scenarios" / "world.yaml"
    world.write_text(world.read_text(encoding="utf-8").replace("currency:", "curency:"), encoding="utf-8")
    done = run_hooks(project, "pre-commit")
    assert done.returncode == 1
    assert re.search(r"scenarios/world\.yaml:\d+:\d+: unknown field `curency`", done.stdout), done.stdout


EXPECTED = """\
settings: {replicates: 4, days: 40 days, max_replicates: 8}
baselines: [policies/today.yaml]
margin: {users: 5%, profit: 5%, ltv: 5%}
expect:
  people sign up:
    metric: users
    of: policies/recall.yaml
    at_least: 50
"""


def sim(project: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "sim", *arguments], cwd=project, env=environment, check=True)


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scenarios whose outcomes were accepted, with the runs that were stored for it."""
    from sim.cli.init import write_project

    folder = tmp_path_factory.mktemp("accepted")
    write_project(folder / "scenarios")
    (folder / "scenarios" / "expect.yaml").write_text(EXPECTED, encoding="utf-8")
    sim(folder, "check", "--accept", "--reason", "the first prices", "--author", "Wang Li")
    sim(folder, "check")
    return folder


@pytest.fixture
def checked(project: Path, accepted: Path) -> Path:
    """The project with an expectation and with accepted outcomes."""
    shutil.copytree(accepted, project, dirs_exist_ok=True)
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "accepted")
    return project


def plant(project: Path) -> None:
    """A regression: half the budget for advertisements."""
    policy = project / "scenarios" / "policies" / "today.yaml"
    text = policy.read_text(encoding="utf-8")
    assert "search ads: 300 CNY / day" in text
    policy.write_text(text.replace("search ads: 300 CNY / day", "search ads: 150 CNY / day"), encoding="utf-8")


def shown_comment() -> str:
    """The comment that docs/ci.md shows."""
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    return page.partition("<!-- comment -->\n")[2].partition("<!-- comment ends -->")[0]


def without_dates(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d", "a date", text)


def test_a_planted_regression_is_told_where_it_stands(checked: Path) -> None:
    write_program(checked.parent / "bin", "gh", GH)
    write_program(checked.parent / "bin", "python", PYTHON)
    (checked.parent / "comments.json").write_text("[]", encoding="utf-8")
    job = Job(checked).run()
    assert job.codes == {INSTALL: 0, CHECK: 0, SHOW: 0, COMMENT: 0}, job.log
    assert job.comments == []
    assert job.uploaded == {"sim-check": ["sim-check.md", "sim-check.xml"]}
    plant(checked)
    job = Job(checked).run()
    assert job.codes == {INSTALL: 0, CHECK: 1, SAY: 0, SHOW: 0, COMMENT: 0}, job.log
    (comment,) = job.comments
    assert re.search(r"^\*\*\d+ of \d+ checks fail.*, moved by scenarios/policies/today\.yaml:7\.\*\*$", comment, re.M)
    assert re.search(r"^::error file=scenarios/expect\.yaml,line=2,col=\d+,", job.log, re.M)
    assert re.search(r"^::notice file=scenarios/policies/today\.yaml,line=7,col=\d+,", job.log, re.M)
    assert without_dates(comment.removeprefix("<!-- sim check -->\n")) == without_dates(shown_comment())
    charts = job.uploaded["sim-check-charts"]
    linked = re.findall(r"\]\(https://github\.example/team/shop/actions/runs/4711#([^)]+)\)", comment)
    assert sorted(linked) == charts == [
        f"sim-check-charts/shop-today/accepted/{name}.png" for name in ("differences-over-time", "differences")
    ]  # fmt: skip
    assert f"[sim-check-charts]({ARTIFACT})" in comment
    assert "<failure " in (checked / "sim-check.xml").read_text(encoding="utf-8")


def test_the_hook_before_a_push_fails_on_a_planted_regression(checked: Path) -> None:
    done = run_hooks(checked, "pre-push")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"sim check\.+Passed", done.stdout)
    plant(checked)
    done = run_hooks(checked, "pre-push")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "moved by policy: policy.budgets.search ads" in " ".join(done.stdout.split())
