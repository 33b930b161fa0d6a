"""Where the printed report contradicts itself or slipped, and what the computed one does instead."""

from __future__ import annotations

#: What is printed, and what stands here.
SLIPS: tuple[tuple[str, str], ...] = (
    (
        "WHO-5: below 50 in 4.2.4, 50 or below in 6.1.3",
        "below 50; the same for complete answers (steps of 4)",
    ),
    ("PedsQL for children of 2 to 27", "2 to 18 years"),
    ("PedsQL: 23 items, 1 to 100", "21 items at 2-4 years; 0 to 100"),
    (
        "PedsQL cut-off at 8-12 comes from children's own reports, and none is given from 13 on",
        "used as printed and marked so; children of 13 and older have no flag and are not in the percentage",
    ),
    ("Professionals: questions 1-6 on a five-point scale", "1-5 are statements, 6 is a grade of 1-10"),
    ("Parenting Scale: dysfunctional from 3.0 and 2.8 in 4.2.4, below them in 6.1.3", "from 3.0 and 2.8 up"),
    ("Parenting Scale: range 0 to 7", "1 to 7"),
    ("Parenting Scale: cut-offs of a longer form", "used as printed, indicative only"),
    ("SDQ: 25 items, 0 to 40", "the total has 20 items; prosocial behaviour stands apart"),
    ("VGK Waardering: only T1 differs from T0; its appendix says T2 and T3 too", "the appendix is computed"),
    ("VGK Waardering: the problematic share at T0 is half of that at T1", "computed; it reads the other way"),
    ("WHO-5: T1 to T3 below .001; the appendix has .002 at T2", "the appendix is computed"),
    ("Appendix table 2, age: t = -0.32 with p = .075", "p is computed (such a t has about .75)"),
    ("Children's mean grade 7.2, and between 6 and 7.1", "computed by wave"),
    ("Table 1: N = 91 children over rows that add up to 92", "children are counted"),
    ("87.6 percent of 16 linking pins", "14 of 16 is 87.5"),
    ("Table 2: 33 children of eight and older; table 5: 34", "counted at T0, and at each wave"),
    ("Tables 2 and 5: 20.4 % for 10 of 48, 33.0 % for 16 of 48", "20.8 and 33.3"),
    ("Table 5 divides by those at T0, also when their wave had not come", "both denominators, labelled"),
    ("Figure 12 and its caption are printed twice", "once"),
)
