"""The made-up commissioner of the tests of packs: four practices in two neighbourhoods, June 2017. No test is here."""

from datetime import date

from tests.unit.report_release import (
    COMMISSIONER,
    Row,
    comparison,
    definition,
    listed,
    organisation,
    outlier,
    received,
    result,
    target,
)

PERIOD = date(2017, 6, 1)
JUNE, MAY, MARCH, FEBRUARY = date(2017, 6, 30), date(2017, 5, 31), date(2017, 3, 31), date(2017, 2, 28)
STARPU, WARFARIN = "qp-antibacterial-items-per-starpu", "gpspec-warfarin-inr-4-months"
TRIMETHOPRIM = "qp-trimethoprim-items-age-70-plus"
ACCESS = "access-appointments-per-1000-weighted"
SURVEY = (
    "gpps-good-experience-making-appointment",
    "gpps-rank-phone-ease",
    "gpps-rank-appointment-success",
    "gpps-rank-appointment-convenience",
    "gpps-rank-appointment-convenience-rebased",
)
ALL = ("commissioner", COMMISSIONER)
NORTH, SOUTH = ("neighbourhood", "N1"), ("neighbourhood", "N2")
A, B, C, D = (("practice", code) for code in ("A81", "B82", "C83", "D84"))
# A and D do not achieve the access measure and have all places; C lacks its last.
PLACES = {A[1]: (3, 2, 3, 1, 2), B[1]: (1, 3, 2, 3, 1), C[1]: (4, 4, 4, 4, None), D[1]: (2, 1, 1, 2, 3)}


def rows() -> dict[str, list[Row]]:
    """Rows by table."""
    return {
        "organisation": [
            *(organisation("practice", code, name) for code, name in NAMES.items()),
            organisation("neighbourhood", "N1", "Alder"),
            organisation("neighbourhood", "N2", "Beech"),
            organisation("locality", "99A-NORTH", "North"),
        ],
        "practice_month": [
            listed("A81", PERIOD, 3717, "N1"),
            listed("B82", PERIOD, 12000, "N1"),
            listed("C83", PERIOD, None, "N2"),
            listed("D84", PERIOD, 5000, "N2"),
            # Of another month, and of another commissioner.
            listed("E85", MARCH.replace(day=1), 4000, "N2"),
            {**listed("F86", PERIOD, 4000, "N9"), "commissioner_code": "01J"},
        ],
        "feed_month": [
            *received("epd", *(date(2017, month, 1) for month in (2, 3, 4, 5))),
            *received("high_cost_drug_charge", *(date(2017, month, 1) for month in (4, 5, 6))),
            # Its file came after the period.
            *received("cqc_rating", date(2017, 7, 1)),
        ],
        "indicator": [
            definition(STARPU, source_feeds="epd, gp_list_quin_age", unit="items per STAR-PU"),
            definition(TRIMETHOPRIM, source_feeds="epd", unit="items", decimals=0, denominator_label=None),
            definition(
                WARFARIN, unit="%", direction="up", decimals=1, period_basis="quarter_end", multiplier=100,
                domain="medicines safety", statistic="proportion", rationale="Bleeding.", caveats="Few patients.",
                counts_patients=True, definition_change="Counted anew.", example_numerator="96",
                example_denominator="128", example_value="75",
            ),
            definition(ACCESS, unit="per 1,000", direction="up", decimals=1, domain="access", statistic="none"),
            *(definition(indicator, unit="%", direction="up", decimals=1, domain="access") for indicator in SURVEY),
        ],
        "indicator_threshold": [
            target(STARPU, "below", "1.16"),
            target(WARFARIN, "at_or_above", "90", approved_by=None),
            target(ACCESS, "at_or_above", "70", valid_to=MARCH),
            target(ACCESS, "at_or_above", "80", valid_from=date(2017, 4, 1)),
        ],
        "indicator_result": [*_starpu(), *_trimethoprim(), *_warfarin(), *_access()],
        "indicator_comparison": [
            comparison(
                STARPU, "A81", MAY, value=1.005, ci_lower=0.9, ci_upper=1.1, place=1, best_place=1, worst_place=2,
                practices_ranked=3, peer_group="list 1, deprivation 1", peer_median=1.0125,
            ),
            comparison(
                STARPU, "B82", MAY, value=1.3, ci_lower=1.1, ci_upper=1.5, place=3, best_place=2, worst_place=3,
                practices_ranked=3, peer_group="list 3, deprivation 2",
            ),
            comparison(
                STARPU, "C83", MAY, value=1.02, place=2, best_place=2, worst_place=2, practices_ranked=3,
                peer_group="list 3, deprivation 2",
            ),
            *(comparison(ACCESS, code, JUNE, **_placed(place))
              for code, place in (("A81", 3), ("B82", 1), ("C83", 4), ("D84", 2))),
            *(comparison(indicator, code, MARCH, **_placed(place))
              for code, places in PLACES.items() for indicator, place in zip(SURVEY, places, strict=True)),
        ],
        "practice_outlier": [
            outlier(STARPU, "B82", MAY, "target", "interval beyond the target"),
            outlier(STARPU, "B82", MAY, "funnel", "high"),
            outlier(STARPU, "A81", FEBRUARY, "target", "interval beyond the target"),
        ],
        "indicator_spc": [
            {
                "indicator_id": STARPU, "version": "2017-18", "org_type": ALL[0], "org_code": ALL[1],
                "month": date(2017, month, 1), "period_end": end, "value": value, "months_a_rate": 12,
                "point_count": month - 3,
                "mean": 1.16, "lower_limit": 1.1, "upper_limit": 1.22, "target": 1.16, "point_flags": flags,
                "variation": "common", "assurance": "hit_or_miss",
            }
            for month, end, value, flags in ((4, date(2017, 4, 30), 1.17, "."), (5, MAY, 1.15, ".."))
        ],
        "practice_contract": [
            {
                "month": PERIOD, "as_at": JUNE, "practice_code": "A81", "contract_type": "GMS",
                "start_date": date(2004, 4, 1), "has_ppg": True, "earnings_published": False, "list_status": "open",
                "is_expected": True,
            }
        ],
        "cqc_inspection": [
            {"practice_code": "A81", "publication_date": date(2016, 3, 2), "overall_rating": "Good"},
            {"practice_code": "A81", "publication_date": date(2017, 7, 10), "overall_rating": "Inadequate"},
        ],
        "data_quality_query": [
            _query("q1", 4), _query("q2", 5), _query("q3", 7), {**_query("q4", 5), "is_open": False},
        ],
    }  # fmt: skip


NAMES = {"A81": "Abbey", "B82": "Brook", "C83": "Cedar", "D84": "Dene"}


def _placed(place: int | None) -> Row:
    return {"place": place, "best_place": place, "worst_place": place, "practices_ranked": 4}


def _query(name: str, month: int) -> Row:
    return {
        **{"query_id": name, "feed": "epd", "practice_code": "A81", "month": date(2017, month, 1), "is_open": True},
        **{"issue": "closed_practice_dispensing", "detail": "Closed on 2016-09-30"},
    }


def _starpu() -> list[Row]:
    judged = {"target": 1.16, "denominator": 100}
    met, missed = {**judged, "band": "met", "rag": "green"}, {**judged, "band": "not_met", "rag": "red"}
    return [
        result(STARPU, ALL, MAY, 1.15, **met, numbers_achieving=2, orgs_judged=3, spc_variation="common"),
        result(STARPU, NORTH, MAY, 1.165, **missed, numbers_achieving=1, orgs_judged=2, spc_variation="concern"),
        result(STARPU, SOUTH, MAY, 1.02, **met, numbers_achieving=1, orgs_judged=1),
        result(STARPU, A, MAY, 1.005, **met, spc_variation="improvement"),
        result(STARPU, B, MAY, 1.3, **missed, spc_variation="concern", outlier="high"),
        result(STARPU, C, MAY, 1.02, **met, spc_variation="common"),
        # The report before, and a month that the feed has not reached.
        result(STARPU, ALL, FEBRUARY, 1.15),
        result(STARPU, NORTH, FEBRUARY, 1.1),
        result(STARPU, A, FEBRUARY, 1.1),
        result(STARPU, B, FEBRUARY, 1.3),
        result(STARPU, ALL, JUNE, None, state_reason="awaiting epd 2017-06"),
        # Neither a headline nor as it was.
        {**result(STARPU, A, MAY, 9.0), "is_headline": False, "variant": "other"},
        {**result(STARPU, A, MAY, 8.0), "org_view": "current"},
    ]


def _trimethoprim() -> list[Row]:
    return [result(TRIMETHOPRIM, ALL, MAY, 8995), result(TRIMETHOPRIM, NORTH, MAY, 692)]


def _warfarin() -> list[Row]:
    window = {"window_start": PERIOD, "target": 90}
    return [
        result(WARFARIN, ALL, JUNE, 90.0, **window, band="A", rag="green", numbers_achieving=0, orgs_judged=1),
        result(WARFARIN, NORTH, JUNE, None, **window, state="withheld", state_reason="two searches differ"),
        result(WARFARIN, A, JUNE, 87.5, **window, band="Red", rag="red"),
        result(WARFARIN, B, JUNE, None, **window, state_reason="awaiting gp_search 2017-06 of the practice"),
        result(WARFARIN, C, JUNE, None, **window, state="ok", state_reason="hidden: few patients"),
    ]


def _access() -> list[Row]:
    month = {"window_start": PERIOD, "target": 80}
    found = [result(ACCESS, ALL, JUNE, 75.0, **month, band="not_met", rag="red", numbers_achieving=1, orgs_judged=4)]
    for org, value in ((A, 68.2), (B, 85.0), (C, 66.04), (D, 79.96)):
        met = {"band": "met", "rag": "green"} if value > 80 else {"band": "not_met", "rag": "red"}
        found.append(result(ACCESS, org, JUNE, value, **month, **met))
    for org in (A, B, C, D):
        found += [result(indicator, org, MARCH, 70.0, window_start=date(2017, 1, 1)) for indicator in SURVEY]
    return found
