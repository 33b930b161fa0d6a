"""The fixed places on every side of a sheet, in millimetres: the same corners in every language.

Content keeps 18 mm from the edges; the corner marks and the QRs stand in the band around it, where
printers still print. The styles repeat these margins in `@page`; a test compares the two.
"""

from __future__ import annotations

from printable.boxes import Mark, Rect, Slot

PAGE_WIDTH = 210.0
PAGE_HEIGHT = 297.0
MM_PER_PX = 25.4 / 96
PT_PER_MM = 72 / 25.4

#: The area in which questions stand: left, top, width, height.
CONTENT = Rect(18, 35, 174, 226)

#: Corner marks 0 to 3, clockwise from the top left. A square alone looks like a blacked-out answer
#: box; these carry a pattern (ArUco 4x4, ids 0 to 3) that says which corner it is.
MARK_SIZE = 7.0
MARKS = tuple(
    Mark(number, Rect(x, y, MARK_SIZE, MARK_SIZE))
    for number, (x, y) in enumerate([(8.0, 8.0), (195.0, 8.0), (195.0, 282.0), (8.0, 282.0)])
)

#: The six by six modules of each mark with its black border; 1 is black.
MARK_PATTERNS = (
    (0b111111, 0b101001, 0b110101, 0b111001, 0b111011, 0b111111),
    (0b111111, 0b111111, 0b100001, 0b101101, 0b101011, 0b111111),
    (0b111111, 0b111001, 0b111001, 0b111011, 0b100101, 0b111111),
    (0b111111, 0b101101, 0b101101, 0b110111, 0b110011, 0b111111),
)

#: Two QRs at opposite corners: where a stain takes one, the other still reads.
QR_SIZE = 18.0

#: What every side of a sheet leaves open for the stamp.
SHEET_SLOTS = (
    Slot("qr", "top", Rect(174, 8, QR_SIZE, QR_SIZE)),
    Slot("code", "top", Rect(163, 29, 29, 3.4)),
    Slot("text", "about", Rect(18, 17, 140, 13)),
    Slot("qr", "bottom", Rect(18, 265, QR_SIZE, QR_SIZE)),
    Slot("code", "bottom", Rect(18, 286, 29, 3.4)),
)

#: What the empty back of a sheet carries besides: why it is empty.
BLANK_SLOT = Slot("text", "blank", Rect(18, 140, 174, 20))
