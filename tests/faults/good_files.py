"""One good file of every dataset, as a table that can be damaged, and the files that must have landed before it.

Belongs here: good files. What is wrong with a bad one belongs in `catalogue`.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sources.contracts import Contract, Layout, load_contracts
from sources.synthetic.sample import write_sample

FIRST, LAST = date(2017, 9, 1), date(2017, 12, 1)
Rows = list[list[str]]

# Of each dataset the good file of the sample, and what must have landed before it.
FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "epraccur": ("epraccur.csv", ()),
    "practice_successors": ("succ.csv", ()),
    "practice_groups": ("practice_groups.csv", ()),
    "bnf_code_changes": ("bnf_code_changes.csv", ()),
    "gp_list_quin_age": ("gp-reg-pat-prac-quin-age_2017-12.csv", ("2017-09", "2017-10", "2017-11")),
    "gp_list_totals": ("gp-reg-pat-prac-all_2017-12.csv", ("2017-09", "2017-10", "2017-11")),
    "carr_hill_list": ("carr_hill_list_2017-10.csv", ("2017-07",)),
    "need_weighted_population": ("need_weighted_population_2017-18.csv", ()),
    "epd": ("EPD_201712.csv", ("201709", "201710", "201711")),
    "epact2_age_band": ("ePACT2_age_band_201712.csv", ("201709", "201710", "201711")),
    "sus_aea": ("SEM_AEA_201718_M08_REM.csv", ()),
    "sus_ec": ("EC_201718_M08_REM.csv", ()),
    "sus_apcs": ("SEM_APCS_201718_M08_REM.csv", ()),
    "sus_apce": ("SEM_APCE_201718_M08_REM.csv", ()),
    "sus_opa": ("SEM_OPA_201718_M08_REM.csv", ()),
    "ledger": ("ledger_2017-18_M07.csv", ("M06",)),
    "ledger_journal": ("journals_2017-18_M09.csv", ("M08",)),
    "cres_plan": ("cres_plan_2017-18.csv", ()),
    "cres_tracker": ("cres_tracker_2017-18_M09_v1.csv", ("M08_v1",)),
    "programme_milestone": ("milestones_2017-18_M09.csv", ()),
    "contract_plan": ("contract_plan_2017-18_v2.csv", ()),
    "high_cost_drug_charge": ("high_cost_drug_charges_2017-18_v1.csv", ()),
    "rebate_claim": ("rebate_claims_2017-18.csv", ()),
    "gp_payments": ("nhs_payments_gp_2016-17.csv", ()),
    "spend_over_25k": ("spend_over_25k_2017-12.csv", ()),
    "monthly_ae": ("Monthly-AE-December-2017.csv", ()),
    "rtt_waiting_list": ("20171231-RTT-December-2017-full-extract.csv", ()),
    "diagnostic_waits": ("DM01-December-2017-full-extract.csv", ()),
    "cancer_waits": ("Cancer-Waits-December-2017.csv", ()),
    "iapt": ("iapt-december-2017-activity-data.csv", ()),
    "gp_search": ("gp_search_2017-12.csv", ("2017-09",)),
    "qof_prevalence": ("PREVALENCE_1617.csv", ()),
    "qof_achievement": ("ACHIEVEMENT_1617.csv", ()),
    "practice_deprivation": ("IMD_by_practice.csv", ()),
    "practice_contract": ("practice_contract_2017-12.csv", ()),
    "contract_event": ("contract_event_2017-12.csv", ()),
    "complaint": ("complaint_2017-18.csv", ()),
    "risk_register": ("risk_register_2017-12.csv", ()),
    "published_indicator": ("quality_premium_2017-12.csv", ()),
    "indicator_reference": ("indicator_reference_99A.csv", ()),
    "gp_patient_survey": ("GPPS_2017_Practice_data_weighted.csv", ()),
    "friends_and_family": ("GP_FFT_2017-10.csv", ("2017-09",)),
    "friends_and_family_submission": ("CQRS_FFT_submissions_2017-10.csv", ("2017-09",)),
    "gp_appointments": ("appointments_practice_2017-12.csv", ("2017-09", "2017-10", "2017-11")),
    "gp_appointments_commissioner": ("Regional_CSV_2017-12.csv", ()),
    "cqc_rating": ("31_December_2017_Latest_ratings.csv", ()),
    "ers_referrals": ("ers_referrals_2017-12.csv", ("2017-09", "2017-10", "2017-11")),
}
# Landed before any bad file: the register, the plan that trackers are compared with, and the months before.
BEFORE = ("epraccur", "cres_plan")


@dataclass(frozen=True)
class Good:
    """A file that lands: its rows are cells, the header among them where it has one."""

    dataset: str
    name: str
    rows: Rows

    @property
    def contract(self) -> Contract:
        """What is agreed about it."""
        return load_contracts()[self.dataset]

    @property
    def layout(self) -> Layout:
        """The layout that it is in: the one of which most columns are there."""
        if len(self.contract.layouts) == 1 or not self.contract.layouts[0].header:
            return self.contract.layouts[0]
        return max(
            self.contract.layouts, key=lambda one: sum(cell.upper() in one.canonical_of for cell in self.rows[0])
        )

    @property
    def first(self) -> int:
        """Place of the first row of data."""
        return 1 if self.layout.header else 0

    def place(self, column: str) -> int:
        """Place of a column, by its canonical name."""
        if not self.layout.header:
            return [one.name for one in self.contract.columns if one.name not in self.layout.absent].index(column)
        return [self.layout.canonical_of.get(cell.upper()) for cell in self.rows[0]].index(column)

    def has(self, column: str) -> bool:
        """Whether the file has the column."""
        return not self.layout.header or column in [self.layout.canonical_of.get(cell.upper()) for cell in self.rows[0]]

    def heading(self, column: str) -> str:
        """What the file calls a column."""
        return self.rows[0][self.place(column)]

    def copy(self) -> Rows:
        """Rows that may be changed."""
        return [list(row) for row in self.rows]


def text_of(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    """The rows as a CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def write_good_files(folder: Path) -> tuple[dict[str, Good], list[Path]]:
    """A good file of every dataset, and the paths of those to land before, in this order."""
    write_sample(folder, FIRST, LAST, practices=6, seed=7, with_truth=False)
    (folder / "nhs_payments_gp_2016-17.csv").write_bytes(text_of(_payments()))
    (folder / "spend_over_25k_2017-12.csv").write_bytes(text_of(_spend()))
    goods, earlier = {}, []
    for dataset, (name, before) in FILES.items():
        path = folder / name
        content = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
        goods[dataset] = Good(dataset, name, rows)
        last = next((part for part in ("2017-12", "2017-10", "201712", "M09_v1", "M09", "M07") if part in name), "")
        for month in before:
            found = sorted(folder.glob(name.replace(last, month) + "*"))
            earlier += [path for path in found if not path.name.endswith(".json")]
        if dataset in BEFORE:
            earlier.insert(0, folder / name)
    return goods, sorted(earlier, key=lambda path: path.name != "epraccur.csv")


def _payments() -> Rows:
    layout = load_contracts()["gp_payments"].layouts[1]
    rows = [[names[0] for names in layout.names.values()]]
    for number in range(12):
        values = dict.fromkeys(layout.names, "0.00") | {
            "practice_code": f"N82{101 + number}", "commissioner_code": "99A", "contract_type": "GMS",
            "is_dispensing": "No", "registered_patients": f"{5000 + number}", "weighted_patients": f"{5100 + number}.5",
            "global_sum": "400000.00", "qof": "100000.00", "total_payments": "500000.00", "deductions": "-50000.00",
            "net_payments": "450000.00",
        }  # fmt: skip
        rows.append([values[column] for column in layout.names])
    return rows


def _spend() -> Rows:
    header = ["Department Family", "Entity", "Date", "Expense Type", "Expense Area", "Supplier", "Transaction Number"]
    suppliers = ("NORTH HOSPITAL", "SOUTH HOSPITAL", "AMBULANCE SERVICE", "MERE PHARMACY")
    return [[*header, "AP Amount (£)"]] + [
        [
            "Health",
            "NHS SAMPLE CCG",
            "15/12/2017",
            "Services",
            "ACUTE",
            supplier,
            f"{7100 + place}",
            f"{30000 + place}.50",
        ]
        for place, supplier in enumerate(suppliers)
    ]
