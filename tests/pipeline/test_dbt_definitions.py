"""The checks of the definitions (seeds), each proven by a definition that is wrong in the way it guards against.

Belongs here: mistakes that a person who edits a seed can make. Does not belong here: what the figures are.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pipeline.dbt_support import PROJECT, Feeds, failed_checks, invoke

# seed, what is replaced, what stands there instead, and the check that must see it
MISTAKES = [
    ("component_bnf_prefix", "rx_items_quinolones,050112,false", "rx_items_quinolones,050112,true",
     "assert_every_code_list_includes_something"),
    ("indicator_variant", "bnf_0501_exact,false", "bnf_0501_exact,true", "assert_exactly_one_headline_variant"),
    ("indicator_variant", "astropu_cost,mean,Comparable", "astropu_cost,,Comparable",
     "assert_denominators_say_how_to_aggregate"),
    ("indicator_target", "99A,,,at_or_below,8836,", "99A,2017-04-01,,at_or_below,9000,,,again\n"
     "qp-trimethoprim-items-age-70-plus,2017-18,commissioner,99A,,2017-04-30,at_or_below,8836,",
     "assert_target_spans_do_not_overlap"),
    ("indicator_target", "baseline_reduction_or_national,45.2,0.05", "baseline_reduction_or_national,45.2,",
     "assert_target_rules_have_their_figures"),
    ("epact2_age_band_code", "65-69,65,69", "65-74,65,74", "assert_age_bands_do_not_straddle_components"),
    ("weight", "astropu_items,MALE,15,24,2.54174\n", "", "assert_weight_bands_hold_list_bands"),
    ("weight", "items_1dp,MALE,0,4,0.80000", "items_1dp,MALE,0,4,0.90000",
     "assert_one_decimal_weights_are_rounded_ones"),
    ("indicator_config", "denominator_aggregation,sum", "denominator_aggregation,mean",
     "assert_decisions_are_in_force"),
    ("indicator_config", "qp-antibacterial-items-per-starpu,,2017-18", "qp-antibacterial-items-per-starpu,,2018-19",
     "assert_every_version_is_defined"),
    ("sus_code_set", "2017-18,op_gp_referral,03,", "2017-18,op_dental_referral,03,",
     "assert_every_hospital_code_list_has_codes"),
    ("prescribing_profile", "1,2013-04-01,0.08219", "1,2013-04-01,0.09219", "assert_prescribing_profiles_add_to_one"),
    ("paper_operand", "delegated-text-forecast,term,1,1,delegated-primary-care-budget-2017-06-30,Total,forecast",
     "delegated-text-forecast,term,1,1,delegated-primary-care-budget-2017-06-30,Total,ytd",
     "assert_narrative_figures_keep_their_column"),
    # Its trajectory says a target of each month, which where neither way is good is on no side.
    ("indicator_definition", "Pathways waiting,,pathways,1,down,", "Pathways waiting,,pathways,1,neutral,",
     "assert_plans_are_of_what_has_a_good_way"),
    ("indicator_definition", "pathways,1,down,", "pathways,1,sideways,",
     "accepted_values_indicator_definition_direction__up__down__neutral"),
    ("survey_question", "OVERALL_APPT,denominator,2018,2023,q18_12345base",
     "OVERALL_APPT,denominator,2017,2023,q18base", "assert_survey_questions_do_not_overlap"),
]  # fmt: skip


@pytest.mark.slow  # builds all seeds with all their checks
def test_every_mistake_in_a_definition_is_seen(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", "*.py", "__pycache__"))
    for seed, right, wrong, _ in MISTAKES:
        path = project / "seeds" / f"{seed}.csv"
        text = path.read_text()
        assert right in text, f"{seed} no longer says {right!r}"
        path.write_text(text.replace(right, wrong, 1))
    warehouse = tmp_path / "warehouse.duckdb"
    Feeds(warehouse)
    failed = failed_checks(
        warehouse, "build", "--select", "path:seeds", "--exclude-resource-type", "unit_test", project=project
    )
    assert failed >= {check for *_, check in MISTAKES}


def test_a_build_that_does_not_know_its_commissioner_fails(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    Feeds(warehouse)
    done = invoke(warehouse, ["compile", "--select", "int_practice__membership"], commissioner=None)
    assert done.returncode != 0
    assert "Required var 'commissioner' not found" in done.stdout


@pytest.mark.parametrize("seed", sorted(path.stem for path in (PROJECT / "seeds").glob("*.csv")))
def test_every_seed_is_typed_column_by_column(seed: str) -> None:
    """Untyped, BNF 0501 becomes the number 501."""
    header = (PROJECT / "seeds" / f"{seed}.csv").read_text().splitlines()[0].split(",")
    typed = (PROJECT / "seeds" / f"{seed}.yml").read_text().split("column_types:")[1]
    assert [name for name in header if f"        {name}: " not in typed] == []
