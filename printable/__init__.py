"""Turns an instrument into paper, and a picture of paper back into marks.

It may import `instruments` and nothing else of ours: it knows no family, no answer and no database. The
typesetter and the libraries that read pictures are used here only.

The door:
    sheet.Spec, sheet.build         an instrument in an edition as a template: a PDF and its box map
    letters                         cover, information, consent, assent, cards, labels
    stamp.Identity, stamp.onto      one form with its code, QRs and marks; keeps its tags
    pack.Pack, pack.Part, pack.write    any number of families as one file for the printer
    codes.new / normalise / shown / address / read    the code on a sheet, typed or scanned
    boxes.BoxMap                    where everything stands on the paper, stored with what goes out
    shelf.Shelf                     templates rendered before; its `render` goes into `build`
    apart.read / cut                a scan or photo from outside, read in a process of its own; its parts
    reading.read_page / missing     one page; which sides of a pile are lacking
    reading.together    the pages of one form, judged together
    images.Limits, images.Unusable  how much a file may ask of us, and why it cannot be read
    pages.msgids()                  every text of this room that a translation must have
    pictures.svg                    the drawn answer scales; light, the web uses it too

Importing `sheet`, `letters`, `stamp` or `pack` loads the typesetter (a second), `apart` and `reading` the
libraries that read pictures, which no web process should hold; `codes`, `boxes`, `pages`
and `pictures` do not.
"""
