"""What is prescribed: presentations with code, price, pack quantities and share.

Belongs here: one row per presentation, and the BNF code changes of January 2017. Does not belong here: how many items a
practice has (`volumes`) and how a row is printed (`prescribing_feeds`). Prices are whole hundred-thousandths of a pound
per unit (a multiple of ten of them) and quantities are tenths, so that every amount in the files is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

#: Actual cost of a year for 505,000 patients, GBP, as the committee paper has it.
ANNUAL_COST = 86_400_000
_COST_PATIENTS = 505_000
RECODED_ON = date(2017, 1, 1)
_CHAPTERS = {
    "01": "01: Gastro-Intestinal System",
    "02": "02: Cardiovascular System",
    "03": "03: Respiratory System",
    "04": "04: Central Nervous System",
    "05": "05: Infections",
    "06": "06: Endocrine System",
    "07": "07: Obstetrics,Gynae+Urinary Tract Disord",
    "08": "08: Malignant Disease & Immunosuppression",
    "09": "09: Nutrition and Blood",
    "10": "10: Musculoskeletal & Joint Diseases",
    "11": "11: Eye",
    "12": "12: Ear, Nose And Oropharynx",
    "13": "13: Skin",
    "20": "20: Dressings",
    "21": "21: Appliances",
}


@dataclass(frozen=True)
class Presentation:
    """One presentation. `rate` is items per 1,000 patients and month, or its share within an antibacterial group."""

    code: str
    name: str
    chemical: str
    group: str
    rate: float
    unit_price: int
    tenths: tuple[int, ...]
    shares: tuple[float, ...]
    old_code: str = ""

    @property
    def chapter(self) -> str:
        """Chapter as the files print it."""
        return _CHAPTERS[self.code[:2]]

    @property
    def is_drug(self) -> bool:
        """True for a drug (15 characters), false for an appliance (11)."""
        return len(self.code) == 15

    def code_in(self, month: date) -> str:
        """The code under which `month` was published."""
        return self.old_code if self.old_code and month < RECODED_ON else self.code


def _parse(table: str, group: str = "") -> list[Presentation]:
    """Lines of code|name|chemical|group or ''|rate|pence per unit|quantity:share quantity:share|old code."""
    rows = []
    for line in table.strip().splitlines():
        code, name, chemical, of_group, rate, pence, packs, *old = (part.strip() for part in line.split("|"))
        pairs = [pack.split(":") for pack in packs.split()]
        rows.append(
            Presentation(
                code=code,
                name=name,
                chemical=chemical,
                group=of_group or group,
                rate=float(rate),
                unit_price=round(float(pence) * 100) * 10,
                tenths=tuple(round(float(pack) * 10) for pack, _ in pairs),
                shares=tuple(float(share) for _, share in pairs),
                old_code=old[0] if old else "",
            )
        )
    return rows


# Groups: co_amoxiclav, cephalosporin, quinolone (together broad spectrum), trimethoprim, nitrofurantoin, other, and
# excluded (inside BNF 0501, outside the antibacterial measures: 050109 and 050110).
ANTIBACTERIALS = _parse(
    """
    0501013B0AAABAB|Amoxicillin_Cap 500mg|Amoxicillin|other|0.36|6.0|21:0.8 15:0.2
    0501012G0AAABAB|Fluclox Sod_Cap 500mg|Flucloxacillin sodium|other|0.19|7.1|28:0.8 56:0.2
    0501030I0AAABAB|Doxycycline Hyclate_Cap 100mg|Doxycycline hyclate|other|0.13|10.6|8:0.7 14:0.3
    0501050B0AAADAD|Clarithromycin_Tab 500mg|Clarithromycin|other|0.11|15.4|14:1
    0501011P0AAAJAJ|Phenoxymethylpenicillin_Tab 250mg|Phenoxymethylpenicillin|other|0.09|3.9|40:1
    0501050A0AAAMAM|Erythromycin_Tab E/C 250mg|Erythromycin|other|0.05|4.9|28:1
    0501030L0AAAAAA|Lymecycline_Cap 408mg|Lymecycline|other|0.05|24.2|56:1
    0501110C0AAAFAF|Metronidazole_Tab 400mg|Metronidazole|other|0.02|21.6|21:1
    0501013K0AAAJAJ|Co-Amoxiclav_Tab 500mg/125mg|Co-amoxiclav|co_amoxiclav|1|9.5|21:0.8 15:0.2
    0501021L0AAABAB|Cefalexin_Cap 500mg|Cefalexin|cephalosporin|0.8|11.9|21:1|0501022L0AAABAB
    0501021K0AAAFAF|Cefaclor_Oral Susp 125mg/5ml|Cefaclor|cephalosporin|0.2|4.1|100:1
    0501120L0AAAFAF|Ciprofloxacin_Tab 500mg|Ciprofloxacin|quinolone|1|8.8|14:0.7 20:0.3
    0501080W0AAAEAE|Trimethoprim_Tab 200mg|Trimethoprim|trimethoprim|0.9|6.4|6:0.6 14:0.4
    0501080W0AAADAD|Trimethoprim_Tab 100mg|Trimethoprim|trimethoprim|0.1|6.9|28:1|0501081W0AAAAAA
    0501130R0AAADAD|Nitrofurantoin_Cap 100mg M/R|Nitrofurantoin|nitrofurantoin|0.85|67.9|6:0.6 14:0.4
    0501130R0AAAAAA|Nitrofurantoin_Tab 50mg|Nitrofurantoin|nitrofurantoin|0.15|54.0|28:1
    0501090R0AAABAB|Rifampicin_Cap 300mg|Rifampicin|excluded|0.7|48.2|56:1
    0501100H0AAAAAA|Dapsone_Tab 50mg|Dapsone|excluded|0.3|125.0|28:1
    """
)

_OTHERS = _parse(
    """
    0101021B0BEADAJ|Peptac_Liq (Peppermint) S/F|Alginic acid compound preparations|x|18|0.39|500:1
    0103050P0AAAAAA|Omeprazole_Cap E/C 20mg|Omeprazole|x|92|3.1|28:0.6 56:0.4
    0103050L0AAAAAA|Lansoprazole_Cap 30mg (E/C Gran)|Lansoprazole|x|66|3.8|28:0.7 56:0.3
    0106040M0AAAAAA|Macrogol 3350_Compnd Oral Pdr Sach|Macrogol 3350|x|22|14.2|30:0.7 60:0.3
    0202010B0AAABAB|Bendroflumethiazide_Tab 2.5mg|Bendroflumethiazide|x|34|2.1|28:0.8 56:0.2
    0202020L0AABDBD|Furosemide_Tab 40mg|Furosemide|x|38|2.3|28:0.7 56:0.3
    0204000H0AAAJAJ|Bisoprolol Fumar_Tab 2.5mg|Bisoprolol fumarate|x|58|2.6|28:0.7 56:0.3
    0205051R0AAADAD|Ramipril_Cap 10mg|Ramipril|x|68|3.4|28:0.7 56:0.3
    0205052N0AAACAC|Losartan Pot_Tab 50mg|Losartan potassium|x|36|3.3|28:1
    0206020A0AAAAAA|Amlodipine_Tab 5mg|Amlodipine|x|76|3.0|28:0.7 56:0.3
    0208020V0AAADAD|Warfarin Sod_Tab 1mg|Warfarin sodium|x|22|2.9|28:0.6 56:0.4
    0208020Y0AAACAC|Rivaroxaban_Tab 20mg|Rivaroxaban|x|16|180.0|28:1
    0208020Z0AAABAB|Apixaban_Tab 5mg|Apixaban|x|14|95.0|56:1
    0209000A0AAABAB|Aspirin Disper_Tab 75mg|Aspirin|x|78|2.2|28:0.7 56:0.3
    0209000C0AAAAAA|Clopidogrel_Tab 75mg|Clopidogrel|x|34|4.5|28:1
    0212000B0AAABAB|Atorvastatin_Tab 20mg|Atorvastatin|x|88|3.3|28:0.7 56:0.3
    0212000Y0AAADAD|Simvastatin_Tab 40mg|Simvastatin|x|86|3.1|28:0.7 56:0.3
    0301011R0AAAPAP|Salbutamol_Inha 100mcg (200 D) CFF|Salbutamol|x|70|150.0|1:0.7 2:0.3
    0301020Q0AAAAAA|Tiotropium_Pdr For Inh Cap 18mcg|Tiotropium|x|18|111.0|30:1
    0302000C0BPAABE|Clenil Modulite_Inha 100mcg (200 D)|Beclometasone dipropionate|x|30|742.0|1:0.8 2:0.2
    0302000K0BDADAU|Symbicort_Turbohaler 200mcg/6mcg|Budesonide/formoterol|x|24|3800.0|1:1
    0302000N0BCACBF|Seretide 250_Evohaler|Fluticasone/salmeterol|x|26|5948.0|1:1
    0401010Z0AAAAAA|Zopiclone_Tab 7.5mg|Zopiclone|x|26|4.9|14:0.6 28:0.4
    0402010AEAAAAAA|Quetiapine_Tab 25mg|Quetiapine|x|14|5.2|60:1
    0403010B0AAAGAG|Amitriptyline HCl_Tab 10mg|Amitriptyline hydrochloride|x|48|3.0|28:0.7 56:0.3
    0403030D0AAAAAA|Citalopram Hydrob_Tab 20mg|Citalopram hydrobromide|x|56|3.6|28:1
    0403030Q0AAAAAA|Sertraline HCl_Tab 50mg|Sertraline hydrochloride|x|60|4.1|28:0.8 56:0.2
    0403040X0AAAPAP|Mirtazapine_Tab 15mg|Mirtazapine|x|36|5.1|28:1
    0407010F0AAAHAH|Co-Codamol_Tab 30mg/500mg|Co-codamol|x|46|3.6|100:0.8 56:0.2
    0407010H0AAAMAM|Paracet_Tab 500mg|Paracetamol|x|62|2.0|100:0.7 224:0.3
    040702040AAAAAA|Tramadol HCl_Cap 50mg|Tramadol hydrochloride|x|24|3.2|100:0.7 60:0.3
    0408010AEAAABAB|Pregabalin_Cap 75mg|Pregabalin|x|28|115.0|56:1
    0408010G0AAACAC|Gabapentin_Cap 300mg|Gabapentin|x|26|6.3|100:1
    0410030A0AAAIAI|Methadone HCl_Soln 1mg/ml S/F|Methadone hydrochloride|x|8|1.3|420:1
    0601012V0BBAEAD|Lantus_SoloStar 100u/ml 3ml Pf Pen|Insulin glargine|x|10|759.0|5:1
    0601022B0AAABAB|Metformin HCl_Tab 500mg|Metformin hydrochloride|x|56|3.4|84:0.6 112:0.4
    0601023AEAAAAAA|Sitagliptin_Tab 100mg|Sitagliptin|x|14|118.0|28:1
    0601060D0BQAAA0|Contour Next_Testing Strips|Glucose blood testing reagents|x|18|30.3|50:0.7 100:0.3
    0602010V0AABZBZ|Levothyrox Sod_Tab 100mcg|Levothyroxine sodium|x|64|4.8|28:0.7 56:0.3
    0603020T0AAACAC|Prednisolone_Tab 5mg|Prednisolone|x|28|3.9|42:0.7 56:0.3
    0604011G0AAABAB|Estradiol_Vaginal Tab 10mcg|Estradiol|x|8|69.5|24:1
    0606020A0AAACAC|Alendronic Acid_Tab 70mg|Alendronic acid|x|28|24.0|4:1
    0703010F0BIABAI|Microgynon 30_Tab|Combined ethinylestradiol 30mcg|x|24|4.5|63:1
    0704010U0AAAAAA|Tamsulosin HCl_Cap 400mcg M/R|Tamsulosin hydrochloride|x|22|14.2|30:1
    0803042P0BBAAAA|Zoladex_Implant 3.6mg|Goserelin acetate|x|1.6|7000.0|1:1
    0901020N0AAABAB|Hydroxocobalamin_Inj 1mg/ml 1ml Amp|Hydroxocobalamin|x|12|127.0|1:0.8 5:0.2
    0904010U0BBAAA0|Proceli_G/F Pâtisserie Baguette|Gluten free bread|x|5|1.9|250:1
    0904010H0BBAAAB|Fortisip Bottle_Liq|Enteral nutrition|x|14|1.05|6000:0.6 2800:0.4
    0906040G0BNAABY|Adcal-D3_Tab Chble (Tutti-Frutti)|Calcium carbonate|x|32|6.5|56:1
    1001010P0AAAEAE|Naproxen_Tab 500mg|Naproxen|x|30|4.1|56:0.8 28:0.2
    1103010C0AAADAD|Chloramphen_Eye Oint 1%|Chloramphenicol|x|8|52.5|4:0.8 2.5:0.2
    1202010U0BBAAAA|Pirinase_Nsl Spy 50mcg (120 D)|Fluticasone propionate|x|16|380.0|1:1
    1302010U0AAAUAU|Emollient_Oint|Other emollient preparations|x|34|0.82|500:0.8 125:0.2
    1304000C0AAAAAA|Betameth Val_Crm 0.1%|Betamethasone valerate|x|22|4.9|30:0.6 100:0.4
    20030100101|Mepilex_Border 10cm x 10cm Wound Dress|Wound management dressings|x|9|271.0|5:0.6 10:0.4
    21010900201|BD Micro-Fine + Pen Ndle 5mm|Hypodermic equipment|x|12|11.9|100:1
    """
)


def _priced() -> list[Presentation]:
    """The other presentations with prices scaled once, so that a year costs what the paper says."""
    per_patient_year = sum(
        p.rate * 12 / 1_000 * share * tenths / 10 * p.unit_price / 100_000
        for p in _OTHERS
        for tenths, share in zip(p.tenths, p.shares, strict=True)
    )
    scale = ANNUAL_COST / 0.93 / _COST_PATIENTS / per_patient_year * 0.975
    return [
        Presentation(
            p.code, p.name, p.chemical, p.group, p.rate, round(p.unit_price * scale / 10) * 10, p.tenths, p.shares
        )
        for p in _OTHERS
    ]


OTHERS = _priced()

#: Old code, new code, first day of the new one. The cephalosporin's old code lies outside 0501021, and the trimethoprim
#: tablet was recoded twice in the same January: unmapped, both would move a measure in silence.
CODE_CHANGES = (
    ("0501022L0AAABAB", "0501021L0AAABAB", RECODED_ON),
    ("0501081W0AAAAAA", "0501080X0AAAAAA", RECODED_ON),
    ("0501080X0AAAAAA", "0501080W0AAADAD", RECODED_ON),
    ("0206020A0AAACAC", "0206020A0AAAAAA", date(2016, 1, 1)),
    ("0904010U0BZAAA0", "0904010U0BBAAA0", date(2015, 1, 1)),
)
