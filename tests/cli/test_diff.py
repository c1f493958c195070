"""`sim diff`: two scenarios, two folders, two revisions; what it prints, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from sim import pipeline
from sim.analysis.diffs import Diff
from sim.cli.init import write_project
from sim.errors import ScenarioError, UsageError
from sim.flows import revisions
from sim.flows.revisions import opened
from sim.report.diffs import diff_markdown, diff_text, headline
from tests.conftest import SimCommand, run_sim

ISOLATED = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular, whatever the machine's configuration says."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | ISOLATED
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], env=environment, capture_output=True, check=True, encoding="utf-8"
    )
    return done.stdout.strip()


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} in {file}"
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project that `sim init` writes, in the current folder."""
    write_project(tmp_path / "shop")
    monkeypatch.chdir(tmp_path)
    for name, value in ISOLATED.items():
        monkeypatch.setenv(name, value)
    return Path("shop")


@pytest.fixture
def repository(shop: Path) -> Path:
    """The same as a repository with one commit."""
    git(Path(), "init", "--quiet", "--initial-branch", "main")
    git(Path(), "add", ".")
    git(Path(), "commit", "--quiet", "--message", "first")
    return shop


def lines_of(diff: Diff) -> list[str]:
    return diff_text(diff, width=100).splitlines()


def test_two_policies(shop: Path) -> None:
    today, recall = shop / "policies/today.yaml", shop / "policies/recall.yaml"
    lines = lines_of(pipeline.diff(today, recall))
    assert lines[0] == "shop/policies/today.yaml → shop/policies/recall.yaml: 3 changes"
    assert lines[2:4] == ["policy", "  + policy.rules.reminder"]
    assert "  + policy.contact" in lines
    assert not any("title" in line for line in lines)
    back = lines_of(pipeline.diff(recall, today))
    assert "  - policy.rules.reminder" in back


def test_only_words_differ(shop: Path) -> None:
    today, copy = shop / "policies/today.yaml", shop / "policies/copy.yaml"
    copy.write_text("# another comment\n" + today.read_text(encoding="utf-8"), encoding="utf-8")
    edit(copy, "300 CNY / day", "2_100 CNY / week")
    (line,) = lines_of(pipeline.diff(today, copy))
    assert line == "shop/policies/today.yaml → shop/policies/copy.yaml: no difference in meaning"


def test_evidence_stands_apart(shop: Path) -> None:
    today, rosy = shop / "policies/today.yaml", shop / "policies/rosy.yaml"
    rosy.write_text(
        "extends: today.yaml\n"
        'response: {message: {brings_back: {value: 0.06, low: 5%, high: 7%, source: "measured"}, wakes: 2}}\n',
        encoding="utf-8",
    )
    lines = lines_of(pipeline.diff(today, rosy))
    evidence = lines.index("evidence only: no result changes")
    assert lines[evidence + 1 : evidence + 3] == [
        "  ~ response.message.brings_back",
        "      range: 2% to 12% → 5% to 7%",
    ]
    assert lines.index("assumptions: outside of `policy`") < evidence


def test_of_long_series_what_differs_is_shown(shop: Path) -> None:
    files = [shop / "policies" / f"{name}.yaml" for name in ("one", "two", "three")]
    for file, changed in zip(files, (0, 1, 20), strict=True):
        days = {f"2026-01-{day:02}": day + (day <= changed) for day in range(1, 31)}
        series = ", ".join(f"{day}: {signups}" for day, signups in days.items())
        file.write_text(
            f"extends: today.yaml\nchannels: {{past: {{kind: history, signups: {{{series}}}}}}}\n", encoding="utf-8"
        )
    lines = lines_of(pipeline.diff(*files[:2]))
    at = lines.index("  ~ channels.past.signups")
    assert lines[at + 1 : at + 5] == [
        "      2026-01-01: 1",
        "      (29 on both sides)",
        "      → 2026-01-01: 2",
        "        (29 on both sides)",
    ]
    assert "      … 8 more" in lines_of(pipeline.diff(files[0], files[2]))


def test_exit_codes_and_json(sim: SimCommand, shop: Path) -> None:
    pair = ("shop/policies/today.yaml", "shop/policies/recall.yaml")
    assert (sim("diff", *pair).returncode, sim("diff", *pair, "--exit-code").returncode) == (0, 1)
    assert sim("diff", pair[0], pair[0], "--exit-code").returncode == 0
    done = sim("diff", *pair, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    (one,) = told["scenarios"]
    assert (told["different"], one["status"], one["left"], one["right"]) == (
        True, "changed", "shop today", "shop recall"
    )  # fmt: skip
    change = next(change for change in one["changes"] if change["path"] == "policy.contact")
    assert (change["kind"], change["what"], change["left"]) == ("policy", "added", None)
    assert change["right"]["file"] == "shop/policies/recall.yaml"
    assert change["right"]["value"].startswith("{messages: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shop/policies/today.yaml"], "sim diff: name two scenarios, A B, or one or two revisions and a path"),
        (["shop/policies/today.yaml", "shop"], "sim diff: one is a folder and one a file"),
        (["shop/policies/todya.yaml", "shop/policies/today.yaml"], "there is no file shop/policies/todya.yaml"),
        (["HEAD", "shop"], "sim diff: shop: is in no git repository; name two scenarios instead"),
    ],
)
def test_wrong_usage_ends_with_2(sim: SimCommand, shop: Path, arguments: list[str], message: str) -> None:
    done = sim("diff", *arguments, cwd=shop.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_revision_and_the_working_tree(repository: Path) -> None:
    edit(repository / "world.yaml", "brings_back: {value: 6%", "brings_back: {value: 8%")
    (repository / "policies/recall.yaml").unlink()
    (repository / "policies/new.yaml").write_text("extends: today.yaml\n", encoding="utf-8")
    (repository / "expect.yaml").write_text("expect: {}\n", encoding="utf-8")
    diff = pipeline.diff_revisions(repository, "HEAD")
    commit = git(Path(), "rev-parse", "HEAD")
    assert headline(diff) == (
        f"shop in HEAD ({commit[:7]}) → the working tree: 1 change in 2 of 4 scenarios, 1 added, 1 removed"
    )
    assert [(one.file, one.status) for one in diff.scenarios] == [
        ("policies/new.yaml", "added"),
        ("policies/recall.yaml", "removed"),
        ("policies/today.yaml", "changed"),
        ("world.yaml", "changed"),
    ]
    lines = lines_of(diff)
    assert "all 2 scenarios that both sides have" in lines
    at = lines.index("  ~ response.message.brings_back")
    assert lines[at + 1] == "      6% → 8%"
    assert lines[at + 2].startswith("      HEAD:shop/world.yaml:")
    assert " → shop/world.yaml:" in lines[at + 2]


def test_two_revisions_of_one_file(repository: Path, sim: SimCommand) -> None:
    edit(repository / "policies/today.yaml", "300 CNY / day", "400 CNY / day")
    git(Path(), "commit", "--quiet", "--all", "--message", "second")
    edit(repository / "policies/today.yaml", "400 CNY / day", "1 CNY / day")
    done = sim("diff", "HEAD~1", "main", "shop/policies/today.yaml", cwd=repository.parent)
    assert done.returncode == 0, done.stderr
    assert "      300 CNY / day → 400 CNY / day\n" in done.stdout
    (line,) = lines_of(pipeline.diff_revisions(repository / "policies/today.yaml", "HEAD", "main"))
    assert line.endswith(": no difference in meaning")
    (line,) = lines_of(pipeline.diff_revisions(repository / "policies", "HEAD~1", "HEAD~1"))
    assert line.endswith(": no difference in meaning (2 scenarios)")


def test_files_that_a_scenario_names_are_those_of_the_revision(repository: Path) -> None:
    (repository / "past.csv").write_text("date,signups\n2026-01-05,5\n", encoding="utf-8")
    past = repository / "past.yaml"
    past.write_text(
        "extends: world.yaml\nchannels: {past: {kind: history, signups: {file: past.csv}}}\n", encoding="utf-8"
    )
    git(Path(), "add", ".")
    git(Path(), "commit", "--quiet", "--message", "past")
    (repository / "past.csv").write_text("date,signups\n2026-01-05,6\n", encoding="utf-8")
    (scenario,) = pipeline.diff_revisions(past, "HEAD").scenarios
    (change,) = scenario.changes
    assert (change.kind, change.path) == ("data", "channels.past.signups")
    assert change.left is not None
    assert change.right is not None
    assert (change.left.place.file, change.right.place.file) == ("HEAD:shop/past.yaml", "shop/past.yaml")


def test_what_cannot_be_read_is_told_and_the_rest_is_compared(repository: Path, sim: SimCommand) -> None:
    edit(repository / "policies/recall.yaml", "policy:", "polcy:")
    git(Path(), "commit", "--quiet", "--all", "--message", "broken")
    edit(repository / "policies/recall.yaml", "polcy:", "policy:")
    edit(repository / "policies/today.yaml", "300 CNY / day", "400 CNY / day")
    done = sim("diff", "HEAD", "shop", cwd=repository.parent)
    assert done.returncode == 2
    assert "HEAD:shop/policies/recall.yaml:" in done.stderr
    assert "unknown field `polcy`" in done.stderr
    assert "unreadable: policies/recall.yaml\n" in done.stdout
    assert "300 CNY / day → 400 CNY / day" in done.stdout
    with pytest.raises(ScenarioError, match=r"HEAD:shop/policies/recall\.yaml:"):
        pipeline.diff_revisions(repository / "policies/recall.yaml", "HEAD")


@pytest.mark.parametrize("name", ["nope", "HEAD~9", "--output=x", "HEAD^{tree}", "", "shop"])
def test_an_unknown_revision_is_told(repository: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no revision of the repository"):
        pipeline.diff_revisions(repository, name)
    assert not Path("x").exists()


def test_a_damaged_repository_is_told(repository: Path) -> None:
    code = git(Path(), "rev-parse", "HEAD:shop/world.yaml")
    (Path(".git/objects") / code[:2] / code[2:]).unlink()
    with pytest.raises(UsageError, match=r"git cannot read shop/world\.yaml of this revision"):
        pipeline.diff_revisions(repository, "HEAD")


def test_what_git_does_not_keep_is_no_difference(repository: Path) -> None:
    world = (repository / "world.yaml").read_text(encoding="utf-8")
    Path(".gitignore").write_text("venv/\n", encoding="utf-8")
    for folder in ("venv/lib", ".venv/lib", "results/shop-today/1"):
        Path(folder).mkdir(parents=True)
        (Path(folder) / "scenario.yaml").write_text(world, encoding="utf-8")
    Path("results/shop-today/1/run.json").write_text("{}", encoding="utf-8")
    assert not pipeline.diff_revisions(".", "HEAD").is_different
    (repository / "policies/new.yaml").write_text("extends: today.yaml\n", encoding="utf-8")
    changed = [one for one in pipeline.diff_revisions(".", "HEAD").scenarios if one.status != "same"]
    assert [(one.file, one.status) for one in changed] == [("shop/policies/new.yaml", "added")]


def test_of_what_sim_stored_and_git_keeps_neither_side_tells(repository: Path) -> None:
    accepted = Path("results/baselines/shop-today")
    accepted.mkdir(parents=True)
    (accepted / "scenario.yaml").write_bytes((repository / "policies/today.yaml").read_bytes())
    (accepted / "baseline.json").write_text("{}", encoding="utf-8")
    git(Path(), "add", "--force", ".")
    git(Path(), "commit", "--quiet", "--message", "accepted")
    found = [one.file for one in pipeline.diff_revisions(".", "HEAD~1", "HEAD").scenarios]
    assert sorted(found) == ["shop/policies/recall.yaml", "shop/policies/today.yaml", "shop/world.yaml"]


def test_only_the_files_of_the_project_are_written(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("elsewhere").mkdir()
    Path("elsewhere/large.csv").write_bytes(b"1\n" * 100_000)
    (repository / ".sim-root").touch()
    git(Path(), "add", ".")
    git(Path(), "commit", "--quiet", "--message", "data")
    with opened(Path().absolute(), "HEAD", Path("shop/policies/today.yaml")) as revision:
        written = {file.relative_to(revision.folder).parts[0] for file in revision.folder.rglob("*")}
    assert written == {".sim-root", "shop"}
    monkeypatch.setattr(revisions, "MOST_BYTES", 150_000)
    assert not pipeline.diff_revisions("shop", "HEAD").is_different
    with pytest.raises(UsageError, match=r"files of this revision have more than .* at elsewhere/large\.csv"):
        pipeline.diff_revisions(".", "HEAD")


def test_nothing_is_fetched(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(Path(), "config", "uploadpack.allowFilter", "true")
    git(Path(), "clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{tmp_path}", "partial")
    (Path("partial") / "shop").mkdir()
    monkeypatch.chdir("partial")
    with pytest.raises(UsageError, match="`git fetch` brings what a partial clone left out"):
        pipeline.diff_revisions("shop", "HEAD")


def test_a_path_that_no_side_has_is_told(repository: Path) -> None:
    with pytest.raises(UsageError, match=r"shop/nope.yaml is neither in HEAD \(.*\) nor in the working tree"):
        pipeline.diff_revisions(repository / "nope.yaml", "HEAD")


def test_without_git_it_is_told(repository: Path) -> None:
    done = run_sim("diff", "HEAD", "shop", cwd=repository.absolute().parent, environment={"PATH": ""})
    assert (done.returncode, done.stdout) == (2, "")
    assert "git is not installed here" in done.stderr


def test_a_link_out_of_the_repository_is_not_followed(repository: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    outside.write_text("name: secret\n", encoding="utf-8")
    (repository / "policies/link.yaml").symlink_to(outside)
    git(Path(), "add", ".")
    git(Path(), "commit", "--quiet", "--message", "link")
    (repository / "policies/link.yaml").unlink()
    assert all(one.file != "policies/link.yaml" for one in pipeline.diff_revisions(repository, "HEAD").scenarios)


def test_nothing_is_left_behind_and_the_repository_stays_as_it_is(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(place))
    edit(repository / "policies/today.yaml", "300 CNY / day", "400 CNY / day")
    before = git(Path(), "status", "--porcelain", "--branch")
    assert pipeline.diff_revisions(repository, "HEAD").is_different
    assert list(place.iterdir()) == []
    assert git(Path(), "status", "--porcelain", "--branch") == before


def test_markdown_shows_texts_as_they_are(shop: Path) -> None:
    today, odd = shop / "policies/today.yaml", shop / "policies/odd.yaml"
    odd.write_text(
        "extends: today.yaml\npolicy: {audiences: {'a|b <i>@x': spend > 20 and orders < 3}}\n", encoding="utf-8"
    )
    text = diff_markdown(pipeline.diff(today, odd))
    (row,) = [line for line in text.splitlines() if line.startswith("| policy ")]
    assert row.replace("\\|", "").count("|") == 6
    assert "<i>" not in row
    assert "spend &gt; 20 and orders &lt; 3" in row
