"""Scan-back: files of scanned or photographed paper become readings, which a person confirms.

It may import the rest of `survey` but its web and its commands, and `printable`. No picture library is
loaded here: files are read in a process of their own (`printable.apart`), started by the worker.

    tables      piles, files, pages, pictures, readings
    sealing     pictures and files are encrypted at rest, with a key of their own
    intake      a file comes in: limits, and nothing else is asked of it
    finding     from the code on a page to its sheet, or the word for why it may not be read
    worker      reads the piles that wait, page by page
    judging     the pages of a form, judged together
    jobs        the same as long work, which the workers of a service do
    piles       how far a pile is, and what became of each page
    reviewing   one form beside its pictures: what the reader saw, what a person says
    accuracy    how well the reader read, by what people confirmed
    purging     pictures go, some days after their form was confirmed

A reading is never an answer: what a person confirms enters through `entry` and `answers.record`, like
what is typed. See decisions/0010.
"""
