"""The pilot in numbers: what the demonstration study has to show when its tables are counted.

Source: Trimbos-instituut, report on the pilot of the Buitenshuisproject, tables 1 to 5 and appendix 2.
Municipalities are numbered here, not named.
"""

from __future__ import annotations

#: Table 1, families by municipality and by number of children. The report gives per municipality the
#: families and the children; how the children divide over the families within it is our choice, such
#: that the whole gives table 2 (23, 12, 9 and 4 families with 1, 2, 3 and 4 or more children).
MUNICIPALITIES: tuple[tuple[int, ...], ...] = (
    (1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 5),
    (1, 1, 1, 2, 2, 2, 3, 4),
    (1, 1, 1, 1, 1, 2, 3),
    (1, 1, 1, 1, 2),
    (1, 1, 2, 3),
    (1, 1, 3, 5),
    (1, 2, 4),
    (1, 3),
    (3,),
    (2,),
)

#: Table 2, sex of the children.
GIRLS, BOYS = 39, 53

#: Table 5: how many families answered T1, T2, T3 and T4, by number of children and by how many of the
#: follow-ups they answered. Within table 5 (39, 22, 16 and 12 families) the division is chosen such that
#: the numbers of child forms come out as in appendix 2: 71, 48, 34 and 21 children.
FAMILIES_BY_FOLLOW_UPS: dict[int, dict[int, int]] = {
    0: {1: 4, 3: 4, 5: 1},
    1: {1: 11, 2: 6},
    2: {2: 4, 3: 2},
    3: {3: 3, 4: 1},
    4: {1: 8, 2: 2, 4: 1, 5: 1},
}
#: Families in which two parents answer: 73 parents at T0, then 61, 38, 27 and 19 (appendix 2, WHO-5).
TWO_PARENTS: dict[int, int] = {0: 3, 1: 6, 2: 5, 3: 4, 4: 7}

#: Ages of the children in completed months at T0 as (from, up to and including, how many), by the
#: follow-ups their family answered. Together table 2 (20, 39, 26 and 7 children of 0-1, 2-7, 8-11 and
#: 12-17 years), and 20, 11, 6, 0 and 0 TAPQOL forms. The eldest are young enough to be asked at T4 (18;11).
AGES: dict[int, tuple[tuple[int, int, int], ...]] = {
    # The family that the demonstration opens with has three more: see `cast.OPEN_FAMILY`.
    0: ((3, 22, 5), (24, 77, 8), (96, 143, 3), (144, 203, 2)),
    1: ((2, 17, 5), (18, 23, 3), (24, 77, 6), (92, 92, 1), (96, 143, 6), (144, 203, 2)),
    2: ((6, 11, 3), (24, 77, 7), (96, 143, 3), (144, 203, 1)),
    3: ((6, 11, 2), (24, 77, 3), (80, 80, 1), (96, 143, 6), (144, 203, 1)),
    4: ((6, 11, 1), (24, 77, 12), (96, 143, 7), (144, 203, 1)),
}

#: Table 5, children of eight and older who evaluated, by wave.
CHILD_EVALUATIONS = {"T1": 24, "T2": 16, "T3": 16, "T4": 5}

#: Tables 2 and 3, by code of `background_family`.
LIVING = {1: 23, 2: 17, 3: 1, 4: 2, 5: 2, 9: 3}
#: Living situations in which a second parent can answer.
LIVING_WITH_TWO = (1, 4)
EDUCATION = {1: 6, 2: 7, 3: 24, 4: 10, 9: 1}
WORK = {1: 23, 2: 12, 3: 8, 4: 3, 5: 1, 6: 1}
MAKING_ENDS_MEET = {1: 6, 2: 13, 3: 16, 4: 9, 9: 4}
FINANCIAL_PROBLEMS = {1: 17, 2: 27, 9: 4}
#: Mean and standard deviation of the parents' ages (6.1.1).
PARENT_AGE = (36.8, 7.8)

#: Table 4, by code of `background_child`: 1 after-school care, 2 day care, 3 sport, 4 other, 5 none,
#: 9 unknown.
OFFERS = {1: 39, 2: 23, 3: 6, 4: 5, 5: 16, 9: 3}

#: Questionnaires that are not complete although the family took part: forms missing by instrument and
#: wave, so that appendix 2 comes out (PedsQL 71, 60, 42, 34, 21; SDQ 70, 55, 41, 34, 21).
NOT_COMPLETE = {
    ("pedsql", "T0"): 1,
    ("sdq", "T0"): 2,
    ("sdq", "T1"): 5,
    ("sdq", "T2"): 1,
    ("parenting_scale", "T0"): 1,
    ("parenting_scale", "T3"): 1,
}

#: 5.1.2: eighteen active linking pins, of whom sixteen evaluated.
LINKING_PINS, LINKING_PINS_WHO_EVALUATED = 18, 16
#: 5.1.2: evaluations by childcare workers by wave.
CHILDCARE_EVALUATIONS = {"T1": 39, "T2": 28, "T3": 22, "T4": 12}
