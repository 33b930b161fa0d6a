"""Exports: everything that was answered, and every score, as files that statistics programs open.

May import survey's storage rooms and instruments; nothing of the web. Answers are read with plain
statements in one snapshot, never as ORM objects, many responses at a time, and turned into tables once;
each format only writes these tables. The doors are `write` (into a folder of one's own), `register` (exports
that are asked for, made, kept and listed), and `labels.codebook_csv` for the codebook of one instrument.

    wanted      what an export is asked for, and what needs a reason
    taking_part who took part with whose consent, and what is left out because of it
    reading     what is in the database, many responses at a time
    grid        the answers to one version: a row for each response, a column for each item
    scores      the scores of many responses at once
    columns     what a column is: name, label, values, origin
    labels      the columns of an instrument, labelled in one edition
    keys        the columns by which rows are known
    table       one file as rows that come in and columns that go out, in parts
    blocks      the columns of one questionnaire in a wide file
    wide        the wide files: the questionnaires of an informant in a wave side by side
    tables      the files as tables: the wide ones, and the long ones
    households  families, and what children used
    paper       what was printed, what came back, and how alike two typings were
    formats     .csv, .sav and .parquet
    sav         the .sav: its head by the library, its rows in columns
    workbook    .xlsx
    codebook    every column of every file: CSV, page, PDF
    outcomes    the scores that the pilot's report follows
    scripts     what reads and labels the files in R and SPSS, and fits the report's models
    ddi         the codebook for data archives
    fhir        questionnaires and answers for systems of care
    xlsform     questionnaires for ODK and its kin
    exchange    which of these an export holds
    manifest    what it was made from: hashes, filter, rows, the sum of every file
    bundle      all files of one export, written into a folder
    register    which exports there are: asked for, made, kept, downloaded
    since       what changed since one was made
    job         making one that was asked for at the desk: long work
"""

from survey.exports.bundle import Bundle, FolderInUse
from survey.exports.register import write
from survey.exports.wanted import EXTRAS, Extra, NoSuchWave, NotWithoutReason, Wanted

__all__ = ["EXTRAS", "Bundle", "Extra", "FolderInUse", "NoSuchWave", "NotWithoutReason", "Wanted", "write"]
