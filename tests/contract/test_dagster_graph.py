"""Dagster's graph: it loads, assets belong to somebody, checks to months, and a release comes after gates."""

import csv
import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb

from expectations.suites import load_suites
from expectations.verdict import Verdict
from orchestration.checks import check_results
from orchestration.dbt_assets import ROOM
from orchestration.landing import gates_of
from orchestration.landing_assets import landing_key
from orchestration.links import check_link
from orchestration.progress import STEPS
from orchestration.reconciliation import reconciliation_key, summaries
from pcw.settings import Settings
from publishing.alerts import SET_ASIDE, alerts_from_verdicts
from publishing.refusals import Refusal
from sources.contracts import load_contracts
from tests.conftest import PROJECT
from tests.pipeline.test_alerts import REFUSAL
from tests.unit.publishing_build import verdict


def test_the_graph_loads_and_every_feed_is_in_it(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)
    keys = {spec.key for spec in defs.resolve_all_asset_specs()}
    for dataset in load_contracts():
        assert landing_key(dataset) in keys
        assert dg.AssetKey(["feed", dataset]) in keys
        assert defs.resolve_job_def(f"land_{dataset}")
    assert {
        dg.AssetKey(["gates", "staged"]),
        dg.AssetKey(["gates", "marts"]),
        dg.AssetKey(["published", "release"]),
    } <= keys


def test_assets_say_what_they_are_whose_and_where(defs: dg.Definitions) -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.group_name, spec.key
        if spec.key.path[0] in ("landing", "main", "published"):
            assert spec.description, spec.key


def test_assets_belong_to_whom_their_alerts_go_to(defs: dg.Definitions) -> None:
    owners = {tuple(spec.key.path): list(spec.owners) for spec in defs.resolve_all_asset_specs()}
    assert all(owner for key, owner in owners.items() if key[0] in ("landing", "feed", "main", "gates", "published"))
    for dataset, contract in load_contracts().items():
        assert owners["landing", dataset] == owners["feed", dataset] == [f"team:{contract.owner}"], dataset
        assert {suite.owner for suite in load_suites().values() if suite.suite == dataset} == {contract.owner}
    judged = {suite.suite: suite.owner for suite in load_suites().values() if suite.stage == "marts"}
    assert judged.keys() <= {name for schema, name in owners if schema == "main"}
    for (schema, name), owner in ((key, owner) for key, owner in owners.items() if key[0] == "main"):
        assert owner == [f"team:{judged.get(name, 'data-engineering')}"], (schema, name)
    assert owners["landing", "cres_tracker"] == owners["main", "cres_position"] == ["team:finance"]


def test_every_gate_of_a_landing_asset_names_the_owner_of_the_contract() -> None:
    """The first gate is the same for all files; who is told of what it refuses is not."""
    key, suites = landing_key("cres_tracker"), gates_of("cres_tracker")
    failed = Verdict(
        suite="file", stage="file", check="readable", severity="block", passed=False, rows_checked=1,
        unexpected_count=1, examples=(), message="CRES.xlsx is damaged.", owner="data-engineering",
    )  # fmt: skip
    owner = load_contracts()["cres_tracker"].owner
    results = list(check_results(key, suites, [failed], Settings(), owner=owner, dataset="cres_tracker"))
    assert {result.check_name: result.metadata["owner"].value for result in results} == {
        "gate_1_file": "finance", "gate_2_rows": "finance", "warnings": "finance",
    }  # fmt: skip


def test_release_order_is_enforced_by_the_graph(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()

    def upstream(key: list[str]) -> set[dg.AssetKey]:
        seen: set[dg.AssetKey] = set()
        todo = [dg.AssetKey(key)]
        while todo:
            for parent in graph.get(todo.pop()).parent_keys - seen:
                seen.add(parent)
                todo.append(parent)
        return seen

    assert dg.AssetKey(["gates", "marts"]) in upstream(["published", "release"])
    assert dg.AssetKey(["gates", "staged"]) in upstream(["published", "release"])
    assert dg.AssetKey(["main", "indicator_result"]) in upstream(["gates", "marts"])
    assert dg.AssetKey(["feed", "withheld"]) in upstream(["main", "indicator_result"])
    assert landing_key("epd") in upstream(["main", "indicator_result"])
    assert landing_key("sus_opa") in upstream(["intermediate", "int_sus__practice_component"])
    assert dg.AssetKey(["feed", "sus_scope"]) in upstream(["intermediate", "int_sus__gap"])
    assert dg.AssetKey(["intermediate", "int_sus__gap"]) in upstream(["main", "indicator_result"])
    assert dg.AssetKey(["intermediate", "int_sus__practice_component"]) in upstream(["gates", "staged"])
    assert dg.AssetKey(["intermediate", "int_sus__practice_component"]) in upstream(["main", "indicator_result"])


def test_each_reconciliation_is_an_asset_that_no_release_waits_for(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    with (ROOM / "seeds" / "reconciliation.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    keys = {reconciliation_key(row["reconciliation_id"]) for row in rows}
    assert keys == {key for key in graph.get_all_asset_keys() if key.path[0] == "reconciliation"}
    for key in keys:
        assert graph.get(key).parent_keys == {dg.AssetKey(["main", "indicator_reconciliation"])}
        assert graph.get(key).child_keys == set()
    owners = {spec.key: list(spec.owners) for spec in defs.resolve_all_asset_specs()}
    assert owners[reconciliation_key("qof-copd")] == ["team:primary-care"]
    assert owners[reconciliation_key("qp-trimethoprim-items-age-70-plus")] == ["team:medicines-optimisation"]


def test_a_reconciliation_shows_how_many_differ_and_no_count_of_patients(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("""
            create table indicator_reconciliation as
            select *, date '2017-03-31' as period_end, computed - published as difference, computed as computed_value,
                published as published_value, 1.0 as tolerance, id = 'qof' as counts_patients
            from (values
                ('qp', 'commissioner', '99A', 767.0, 790.0, 'differs', null),
                ('qp', 'practice', 'A', 100.0, 102.0, 'differs', null),
                ('qp', 'practice', 'B', 7.0, 7.0, 'agrees', null),
                ('qp', 'practice', 'C', 7.0, null, 'awaiting', 'published'),
                ('qof', 'practice', 'A', 13.5, 21.5, 'differs', null),
                ('ae', 'provider', 'RQ6', null, 9.0, 'awaiting', 'computed'),
                ('ae', 'provider', 'REM', 1.0, 9.0, 'not_compared', null)
            ) as rows (id, org_type, org_code, computed, published, state, awaiting_side);
            alter table indicator_reconciliation rename column id to reconciliation_id
        """)
    assert {name: tuple(facts.values()) for name, facts in summaries(file).items()} == {
        "qp": (4, 3, 2, 0, 1, 0, "2017-03-31", "commissioner 99A to 2017-03-31: computed 767.0, published 790.0"),
        "qof": (1, 1, 1, 0, 0, 0, "2017-03-31", "practice A to 2017-03-31"),
        "ae": (2, 0, 0, 1, 0, 1, "nothing was compared yet", "none differs"),
    }


def test_every_step_of_a_release_is_said_in_its_order(defs: dg.Definitions) -> None:
    steps = list(STEPS)
    job = defs.resolve_job_def("release")
    assert {node.name for node in job.nodes} == set(steps)
    for node, inputs in job.graph.dependencies.items():
        for needed in inputs.values():
            for output in needed.get_node_dependencies():
                assert steps.index(output.node) < steps.index(node.alias or node.name)


def test_every_dbt_test_is_a_check_of_exactly_one_set(defs: dg.Definitions) -> None:
    manifest = json.loads((PROJECT / "dbt_project" / "target" / "manifest.json").read_text())
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    checks = {
        key
        for key in defs.resolve_asset_graph().asset_check_keys
        if key.asset_key.path[0] not in ("landing", "gates", "published")
    }
    # A singular test over several models has no single asset to stand at; dbt runs it all the same.
    single = [test for test in tests if test.get("attached_node")]
    assert len(checks) >= len(single)


def test_a_check_links_to_what_the_graph_has(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    checks = {("/".join(key.asset_key.path), key.name) for key in graph.asset_check_keys}
    assets = {asset for asset, _ in checks}
    unknown = Refusal("x.csv", "cd" * 32, None, "file", "No feed.", datetime(2017, 8, 1))
    failed = [verdict(suite=suite, stage=stage, severity=severity, passed=False, check=f"{stage} {severity}")
              for suite, stage, severity in (("epd", "rows", "block"), ("epd", "rows", "withhold"),
              ("sus_quality", "staged", "withhold"), ("indicator_result", "marts", "block"),
              ("release", "release", "block"))]  # fmt: skip
    alerts = alerts_from_verdicts(failed, (REFUSAL, unknown), default_owner="x")
    assert len(alerts) == 7
    for found in alerts:
        asset, _, shown = (check_link("", found) or "").removeprefix("/assets/").partition("?view=checks")
        assert asset in assets, asset
        if shown:
            assert (asset, shown.removeprefix("&checkDetail=")) in checks
    aside = replace(alerts[0], severity=SET_ASIDE, feed="epd", gate=("file", "file"))
    assert (check_link("", aside) or "").endswith("landing/epd?view=checks&checkDetail=warnings"), "where it failed"


def test_no_room_but_orchestration_imports_dagster() -> None:
    rooms = "pcw.lock, sources.staging, expectations.runner, publishing.release, publishing.delivery, dbt_project.feeds"
    script = f"import sys, {rooms}; print('dagster' in sys.modules, 'orchestration' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout.split() == ["False", "False"]
