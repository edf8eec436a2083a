"""The released sample against `reconciliation_plain`: every comparison, and the three differences put into it.

Belongs here: the whole table, who is told, and what readers see of counts of patients. Single cases are dbt unit tests
beside the models.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

from tests.pipeline.reconciliation_plain import GPPS, computed, judged, published, rules
from tests.running import Deployed, query

MARCH = date(2017, 3, 31)
PLANTED = {
    # The dashboard knows ages that the export calls unknown: 3 per cent more.
    ("qp-trimethoprim-items-age-70-plus", "commissioner", "99A", MARCH),
    # QOF counts 9 per cent more than the search of the eighth practice.
    ("qof-hypertension", "practice", "N82X08", MARCH),
    # The regional file of May was published again, when some of the unknown statuses were known: 5 per cent more.
    ("appointments-not-attended", "commissioner", "99A", date(2017, 5, 31)),
}
KEY = "reconciliation_id, org_type, org_code, period_end"


def test_every_comparison_is_that_of_the_files(released: Deployed, small_sample: Path) -> None:
    found = {
        row[:4]: row[4:]
        for row in released.exact(
            f"select {KEY}, computed_value, published_value, concat_ws(' ', state, awaiting_side) "
            "from indicator_reconciliation"
        )
    }
    ours, theirs = computed(small_sample), published(small_sample)
    expected, wrong = {}, []
    for name, rule in rules().items():
        due = {place for place in ours[name] if not rule["due_month"] or place[2].month == int(rule["due_month"])}
        for place in due | theirs[name].keys():
            one, other = ours[name].get(place), theirs[name].get(place)
            expected[name, *place] = judged(name, one, other)
            got = found.get((name, *place))
            if got is None or got[2] != expected[name, *place]:
                wrong.append((name, place, expected[name, *place], got))
                continue
            for side, value in ((one, got[0]), (other, got[1])):
                if (side is None) is not (value is None) or (
                    side is not None and abs(side[1] - Fraction(value)) > Fraction(1, 10**7)
                ):
                    wrong.append((name, place, side, value))
    assert wrong == []
    assert found.keys() == expected.keys()
    assert {key for key, state in expected.items() if state == "differs"} == PLANTED
    assert {name for name, *_ in expected} == rules().keys(), "something is compared of each"
    assert {"agrees", "awaiting computed", "not_compared"} <= set(expected.values())
    assert (GPPS, "commissioner", "99A", date(2016, 3, 31)) in expected, "the printed total is compared too"


def test_the_owner_is_asked_about_what_differs_and_nobody_else(released: Deployed) -> None:
    asked = """
        select owner, feed, practice_code, month, severity, amount, expected, seen, detail from data_quality_query
        where issue in ('quality_premium_differs', 'qof_register_differs', 'survey_share_differs',
            'attendances_exceed_published', 'appointments_differ')
        order by owner, feed
    """
    premium, missed, register = released.query(asked)
    assert premium[:5] == ("medicines-optimisation", "published_indicator", None, MARCH.replace(day=1), "warn")
    [(ours, theirs)] = released.query(
        "select computed_value, published_value from indicator_reconciliation "
        "where reconciliation_id = 'qp-trimethoprim-items-age-70-plus' and state = 'differs'"
    )
    assert premium[5:8] == (float(ours - theirs), float(ours), float(theirs))
    assert missed[:5] == ("primary-care", "gp_appointments_commissioner", None, date(2017, 5, 1), "warn")
    assert missed[5] == missed[6] - missed[7] and missed[6] < missed[7], "of appointments both figures are told"
    assert register[:5] == ("primary-care", "qof_prevalence", "N82X08", MARCH.replace(day=1), "warn")
    assert register[5:8] == (None, None, None), "a difference from a published register is the count"
    assert "less than what is published" in register[8] and not any(sign.isdigit() for sign in register[8][-16:])
    warned = "select passed, unexpected_count from gate_result where check_id = 'published_figures_agree'"
    assert released.query(warned) == [(False, len(PLANTED))]


def test_readers_see_no_count_that_other_tables_hide(released: Deployed) -> None:
    shown = released.query("""
        select compared.reconciliation_id, compared.org_code from indicator_reconciliation as compared
        join indicator_result as result on result.is_headline and result.org_view = 'as_at'
            and result.indicator_id = compared.indicator_id and result.org_type = compared.org_type
            and result.org_code = compared.org_code and result.period_end = compared.period_end
        where compared.counts_patients and (compared.computed_numerator is distinct from result.numerator
            or abs(compared.computed_value - result.value) > 1e-7
            or (compared.difference is null) <> (compared.computed_value is null or published_value is null)
            or compared.difference is distinct from compared.computed_value - compared.published_value)
    """)
    assert shown == []
    parts = released.query("""
        select place.org_code, place.period_end, place.computed_value, sum(parts.value) as shown
        from indicator_reconciliation as place
        left join (
            select * from component_provider_value as part where '99A' = (
                select max_by(commissioner_code, month) from practice_month as known
                where known.practice_code = part.practice_code and known.month <= part.month
            )
        ) as parts
            on parts.provider_code = place.org_code and parts.month = date_trunc('month', place.period_end)
            and parts.component_id = 'sus_ae_attendances'
        where place.org_type = 'provider' and place.computed_month is not null group by all
        having place.computed_value is distinct from sum(parts.value)
    """)
    assert parts == []
    rounded = "select count(*) from indicator_reconciliation where counts_patients and computed_numerator % 5 <> 0"
    assert released.query(rounded) == [(0,)]
    for audience in ("public", "practice"):
        tables = query(released.home.published / f"{audience}.duckdb", "select table_name from duckdb_tables()")
        assert ("indicator_reconciliation",) not in tables
