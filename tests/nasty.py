"""What is sent by those who mean harm, by broken browsers and by cats on keyboards: for `tests.fuzzing`."""

from __future__ import annotations

NASTY = (
    "", " ", "0", "-1", "1", "2", "01", "1.0", "1e9", "٣", "²", "2147483648", "9223372036854775808",
    "99999999999999999999999", "NaN", "null", "None", "true", "[]", "{}", "on", "yes", "\x00", "a\x00b",
    "\r\n", "x\r\nSet-Cookie: a=b", "'", "''; DROP TABLE family; --", '"', "%", "%00", "%s%n",
    "{{7*7}}", "${7*7}", "<script>alert(1)</script>", "</textarea><b>", "../../../etc/passwd",
    "..%2f..%2fetc", "\\..\\x", "/etc/passwd", "//evil.example", "https://evil.example/",
    "/\\evil.example", "javascript:alert(1)", "\u202e\u200f\ufeff", "\ud7ff", "é" * 300, "👩‍👩‍👧‍👦", "ا",
    "x" * 5_000, "9" * 400, "2026-02-30", "2026-13-01", "0000-00-00", "9999-12-31", "2026-09-01",
    "0001-01", "2026-00", "1,2", "1,1", "-", "skipped", "yes,no", "nl", "nl-easy", "xx-easy-easy",
    "C:\\x", "a/b/c", ".", "..", "~", "*", "?", "#", "&csrf=x", ";", "=", "\t", "\x7f", "\x1b[31m", "﷽",
)  # fmt: skip
PATHS = (
    "evil", "0", "x" * 300, "%00", "..", "%2e%2e%2fpasswd", "%ff%fe", "é", "a b", "-1", "who5", "1.5",
)  # fmt: skip
HEADERS = (
    ("Accept-Language", "xx;q=9,*;q=nan,,;;"), ("Accept-Language", "ar-" + "x" * 2000),
    ("Cookie", "visit=\x80; desk"), ("Cookie", "visit=" + "y" * 3000),
    ("Cookie", "edition=../../nl; visit="), ("X-Forwarded-For", "'; --, ::1"),
    ("Referer", "https://evil.example/"), ("Origin", "https://evil.example"),
    ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "\x7f"), ("Range", "bytes=5-1"),
    ("If-Modified-Since", "yesterday"), ("X-HTTP-Method", "PUT"), ("Content-Type", "text/plain"),
    ("Content-Type", "multipart/form-data"), ("If-None-Match", '"' * 50),
    ("Content-Type", "multipart/form-data; boundary=" + "b" * 100),
    ("Content-Type", "application/json; charset=utf-7"),
    ("Content-Type", "application/x-www-form-urlencoded; charset=nonsense"), ("Host", "evil.example"),
)  # fmt: skip
BODIES = (
    b"", b"%", b"a=%ff%fe", b"=&=&=", b"\x00" * 100, b"{\"csrf\": 1}",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>", b"--b\r\n", b"a" * 70_000,
    b"&".join(b"i.%d=1" % number for number in range(3000)), b"csrf=\xed\xa0\x80",
)  # fmt: skip
