"""Drugs and routes as charts write them, and what a dose of each corticosteroid is worth as dexamethasone."""

from __future__ import annotations

import re

EQUIVALENT_MG = {
    "dexamethasone": 0.75,
    "betamethasone": 0.75,
    "methylprednisolone": 4.0,
    "triamcinolone": 4.0,
    "prednisolone": 5.0,
    "prednisone": 5.0,
    "hydrocortisone": 20.0,
    "cortisone": 25.0,
}
"""Doses in mg of the same anti-inflammatory effect, by mouth or vein.

Source: the table of equivalents in the FDA-approved label of dexamethasone tablets (docs/decisions/0022-steroids.md).
"""

SALTS = (
    "acetate",
    "acetonide",
    "hemisuccinate",
    "hydrogen succinate",
    "phosphate",
    "sodium phosphate",
    "sodium succinate",
    "succinate",
)
"""Salts and esters under which a corticosteroid is charted; the dose counts as that of its base."""

UNSPECIFIED = (
    "corticosteroid",
    "corticosteroids",
    "glucocorticoid",
    "glucocorticoids",
    "steroid",
    "steroids",
    "systemic corticosteroid",
    "systemic corticosteroids",
    "systemic steroid",
    "systemic steroids",
)
"""Names that say no more than that a corticosteroid was given: its amount is not known."""

CORTICOSTEROIDS = tuple(name for base in EQUIVALENT_MG for name in (base, *(f"{base} {salt}" for salt in SALTS)))
"""Names of which a dose can be summed up."""

LIKE_A_CORTICOSTEROID = re.compile(
    "predniso|methasone?|(?<!fludro)cortisone?|triamcinolone?|(?<!non)(?<!non-)(?<!non )steroid|deflazacort",
    re.IGNORECASE,
)
"""Names that most likely mean a corticosteroid, counted or not; fludrocortisone is given for another effect."""

OTHER_NAMES = {
    "dexamethasone": ("dex", "dexa", "dexamethason", "dxm", "decadron", "fortecortin"),
    "betamethasone": ("celestan", "celestone"),
    "methylprednisolone": ("depomedrol", "medrol", "methylpred", "mp", "mps", "mpss", "solumedrol", "urbason"),
    "triamcinolone": ("kenalog", "volon"),
    "prednisolone": ("decortinh", "prednisolut", "soludecortin", "soludecortinh"),
    "prednisone": ("decortin", "deltasone"),
    "hydrocortisone": ("cortef", "hc", "hydrocort", "solucortef"),
    "methotrexate": ("amethopterin", "mtx"),
    "cytarabine": ("arac", "cytosinearabinoside"),
}
"""Abbreviations and brands under which a drug is charted, without case, spaces and hyphens."""

LOCAL = frozenset({"intrathecal", "intraventricular", "inhaled", "nasal", "topical", "ophthalmic", "intravitreal"})
"""Routes by which a corticosteroid is known not to be systemic."""

WRITTEN = {
    **dict.fromkeys(("iv", "intravenös", "intravenously"), "intravenous"),
    **dict.fromkeys(("po", "peros", "peroral", "orally"), "oral"),
    **dict.fromkeys(("im", "intramuskulär"), "intramuscular"),
    **dict.fromkeys(("sc", "subcut", "subkutan"), "subcutaneous"),
    **dict.fromkeys(("it", "ith", "intrathekal", "intrathecally"), "intrathecal"),
}
"""How charts write a route, without dots and spaces."""
