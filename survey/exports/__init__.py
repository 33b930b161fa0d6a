"""Exports: everything that was answered, and every score, as files that statistics programs open.

May import survey's storage rooms and instruments; nothing of the web. Answers are read with plain
statements in one snapshot, never as ORM objects, and turned into tables once; each format only writes
these tables. The door is `write`, and `labels.codebook_csv` for the codebook of one instrument.

    reading     what is in the database, response by response
    columns     what a column is: name, label, values, origin
    labels      the columns of an instrument, labelled in one edition
    tables      the files as tables: one wide table per informant, and the long ones
    paper       what was printed, what came back, and how alike two typings were
    formats     .csv, .sav and .parquet
    workbook    .xlsx
    outcomes    the scores that the pilot's report follows
    scripts     what reads and labels the files in R and SPSS, and fits the report's models
    ddi         the codebook for data archives
    fhir        questionnaires and answers for systems of care
    xlsform     questionnaires for ODK and its kin
    exchange    which of these an export holds
    bundle      all files of one export, with codebook and checksums
"""

from survey.exports.bundle import Bundle, FolderInUse, write
from survey.exports.exchange import EXTRAS, Extra

__all__ = ["EXTRAS", "Bundle", "Extra", "FolderInUse", "write"]
