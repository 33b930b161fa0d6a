"""Privacy: what the service holds about whom, read from its own tables, for who has to judge that.

May import every room but `web` and `cli`. The words beside a column in the models are its description; what
stands nowhere beside a column stands in `columns.yaml`. A column that is in neither fails a test.

    columns         every table and column, in one document
    facts           what a data protection impact assessment asks of the facts
"""

from __future__ import annotations

from survey.privacy.columns import Column, Table, Undescribed, dictionary, tables
from survey.privacy.facts import annex

__all__ = ["Column", "Table", "Undescribed", "annex", "dictionary", "tables"]
