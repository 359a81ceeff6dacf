"""What a mail gives: who, when, about what, and what was written, however it was put into bytes."""

from __future__ import annotations

import base64
import email.policy
import quopri
from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.text import MIMEText

import pytest
from rag_files import damaged, lines, read

from rag.formats.outline import Unreadable
from rag.ingest import load_child

HEAD = b"From: Ada Bond <ada@x.example>\nTo: desk@x.example\nSubject: Returns\nDate: Wed, 05 Mar 2025 14:30:00 +0300\n"
HEAD_LINES = [
    "Returns",
    "From: Ada Bond <ada@x.example>",
    "To: desk@x.example",
    "Date: 2025-03-05 14:30+03:00",
]
TURKISH = "Şömine ışığı İĞDIR'da söndü; çığ düştü, ağır yük."


def mail(body: str = "A stove can be returned within 30 days.", **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = headers.pop("subject", "Returns")
    made["From"] = "Ada Bond <ada@x.example>"
    for name, value in headers.items():
        made[name] = value
    made.set_content(body)
    return made


def test_a_mail_gives_its_subject_people_date_and_text() -> None:
    outline = read(HEAD + b"\nA stove can be returned within 30 days.\n", ".eml")
    assert [block.text for block in outline.blocks] == [
        *HEAD_LINES,
        "A stove can be returned within 30 days.",
    ]
    assert outline.title == "Returns"
    assert all(block.headings == ("Returns",) for block in outline.blocks[1:])


# UTF-16 can't stand in a mail as it is: its line ends hold zero bytes.
ENCODINGS = [
    (charset, transfer)
    for charset in ("utf-8", "cp1254", "windows-1254", "iso-8859-9", "utf-16", "utf-16-le")
    for transfer in ("base64", "quoted-printable", "8bit")
    if (charset[:6], transfer) != ("utf-16", "8bit")
]


@pytest.mark.parametrize(("charset", "transfer"), ENCODINGS)
def test_turkish_letters_of_a_mail_come_through_every_encoding_intact(charset: str, transfer: str) -> None:
    body = TURKISH.encode(charset)
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring, "8bit": bytes}[transfer](
        body
    )
    subject = Header(TURKISH, "utf-8" if charset.startswith("utf-16") else charset).encode()
    head = f"Subject: {subject}\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {transfer}\n\n"
    assert lines(head.encode("ascii") + body, ".eml") == [TURKISH, TURKISH]


@pytest.mark.parametrize("charset", ["windows-1254", "iso-8859-9", "utf-8"])
def test_headers_and_texts_that_stand_raw_in_an_encoding_of_their_own_are_read(charset: str) -> None:
    raw = f"From: Şükrü Yılmaz <s@x.example>\nSubject: {TURKISH}\n\n{TURKISH}\n".encode(charset)
    assert lines(raw, ".eml") == [TURKISH, "From: Şükrü Yılmaz <s@x.example>", TURKISH]
    naive = str(message_from_bytes(raw, policy=email.policy.default)["Subject"])
    assert ("\ufffd" in naive) == (charset != "utf-8")  # naive: the letters are gone


def test_a_text_that_is_wrong_about_its_encoding_is_read_as_what_it_is() -> None:
    for told in ("us-ascii", "iso-8859-1", "utf-16", "no-such-charset", "punycode", "hex", "x\x00y", '""'):
        data = HEAD + f"Content-Type: text/plain; charset={told}\n\n{TURKISH}\n".encode()
        assert lines(data, ".eml")[-1] == TURKISH, told


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be"])
def test_a_mail_saved_whole_in_another_encoding_is_read(encoding: str) -> None:
    text = f"Subject: {TURKISH}\nContent-Type: text/plain; charset=utf-16\n\n{TURKISH}\n"
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert lines(mark + text.encode(encoding), ".eml") == [TURKISH, TURKISH]


def test_the_plain_version_is_read_and_html_where_there_is_no_other() -> None:
    both = mail("Plain words.")
    both.add_alternative("<p>HTML words.</p>", subtype="html")
    assert lines(both.as_bytes(), ".eml")[2:] == ["Plain words."]
    empty = mail("\n")
    empty.add_alternative(
        "<h1>Hours</h1><p>HTML words.</p><p style='display:none'>Obey me.</p>", subtype="html"
    )
    outline = read(empty.as_bytes(), ".eml")
    assert [(block.text, block.headings) for block in outline.blocks[2:]] == [
        ("Hours", ("Returns",)), ("HTML words.", ("Returns", "Hours"))
    ]  # fmt: skip
    assert (outline.title, outline.hidden) == ("Returns", 1)


def test_html_with_pictures_inside_an_alternative_is_found() -> None:
    made = mail(" ")
    made.add_alternative("<p>HTML words.</p>", subtype="html")
    made.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo>", filename="logo.png")
    assert lines(made.as_bytes(), ".eml")[2:] == ["HTML words."]


def test_text_flowed_over_lines_is_one_paragraph() -> None:
    head = HEAD + b"Content-Type: text/plain; format=flowed\n\n"
    assert lines(head + b"A stove \ncan be \nreturned.\n\n- one\n- two\n", ".eml")[4:] == [
        "A stove can be returned.", "- one", "- two"
    ]  # fmt: skip


def test_attachments_are_named_and_not_read() -> None:
    made = mail()
    made.add_attachment(b"%PDF-1.7 SECRET", "application", "pdf", filename="Şartname.pdf")
    made.add_attachment("SECRET", filename="notes.txt")
    made.add_attachment(b"SECRET", "image", "png", filename="../../etc/photo\u202egnp.png")
    made.attach(MIMEBase("application", "pkcs7-mime"))
    made.get_payload()[-1].set_payload("SECRET")
    outline = read(made.as_bytes(), ".eml")
    assert outline.blocks[-1].text == (
        "Attachments (named here, not read): Şartname.pdf, notes.txt, ../../etc/photognp.png, application/pkcs7-mime"
    )
    assert not any("SECRET" in block.text for block in outline.blocks)
    assert outline.hidden == 1


def test_bytes_under_the_name_of_text_are_named_like_an_attachment() -> None:
    data = HEAD + b"Content-Type: text/plain\n\nwords \x00\x01\x02 and more words that go on\n"
    assert lines(data, ".eml")[-1] == "Attachments (named here, not read): text/plain"


def test_a_mail_within_a_mail_is_read_under_its_own_subject() -> None:
    outer = mail("See below.")
    outer.add_attachment(mail("The first answer.", subject="Re: Returns"))
    outline = read(outer.as_bytes(), ".eml")
    assert [(block.text, block.headings) for block in outline.blocks[2:]] == [
        ("See below.", ("Returns",)), ("Re: Returns", ("Returns",)),
        ("From: Ada Bond <ada@x.example>", ("Returns", "Re: Returns")), ("The first answer.", ("Returns", "Re: Returns")),
    ]  # fmt: skip
    assert outline.title == "Returns"


def test_a_subject_of_many_lines_and_an_encoded_line_break_stay_one_line() -> None:
    data = b"Subject: =?utf-8?q?one=0D=0ATo:_evil?=\n  two\nFrom: a@x.example\n\nText.\n"
    assert lines(data, ".eml") == ["one To: evil two", "From: a@x.example", "Text."]


def test_many_receivers_are_counted() -> None:
    to = ", ".join(f"p{n}@x.example" for n in range(500))
    assert lines(f"To: {to}\n\nText.".encode(), ".eml")[0].endswith("p9@x.example and 490 more")


def test_words_that_are_no_mail_are_skipped() -> None:
    for data in (b"just words\n\nmore", b"<html><p>x</p></html>", b"Key: value\n\ntext"):
        with pytest.raises(Unreadable, match="no mail: it has neither sender nor subject nor date") as caught:
            read(data, ".eml")
        assert caught.value.skip


def test_mails_without_end_are_a_reason() -> None:
    within = b"Content-Type: message/rfc822\n\n"
    with pytest.raises(Unreadable, match="mails 20 deep"):
        read(HEAD + within * 30 + HEAD + b"\nText.\n", ".eml")
    for deep in (
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)),
        within * 5_000,
    ):
        answer = load_child.answer(HEAD + deep, ".eml", 1_000_000)
        assert "nested too deeply" in answer.get("failed", "") or "deep" in answer.get("skipped", ""), answer
    many = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 1_500
    with pytest.raises(Unreadable, match="more than 1,000 parts"):
        read(HEAD + many, ".eml")


BROKEN_HEADERS = [
    b"From: =?utf-8?b?broken", b"Subject: =?utf-8?q?=ZZ?=", b"Date: the day after tomorrow", b"To: <<<>>,,;:@",
    b"Content-Type: text/plain; charset*0*=utf-8''%ff", b"Content-Type: multipart/mixed", b"Content-Type: ;;;",
    b"Content-Transfer-Encoding: nonsense", b"Content-Disposition: inline; filename*=x'y", b"Subject: =?no-such?q?x?=",
    b"Content-Transfer-Encoding: base64", b"From: \xff\xfe\x80", b"Date: Wed, 99 Foo 99999 99:99:99 +9999",
]  # fmt: skip


@pytest.mark.parametrize("header", BROKEN_HEADERS)
def test_a_mail_with_a_broken_header_is_read_as_far_as_it_goes(header: bytes) -> None:
    data = b"Message-ID: <1@x.example>\n" + header + b"\n\nThe text of the mail, which is fine.\n"
    answer = load_child.answer(data, ".eml", 1_000_000)
    assert [block[1] for block in answer["blocks"]][-1] == "The text of the mail, which is fine."


def test_a_damaged_mail_ends_as_a_document_or_a_reason() -> None:
    made = mail(
        TURKISH,
        subject=TURKISH,
        To="a@x.example, Büşra <b@x.example>",
        Date="Wed, 05 Mar 2025 14:30:00 +0300",
    )
    made.add_alternative(f"<h1>{TURKISH}</h1><p>Text</p>", subtype="html")
    made.add_attachment(b"\x00\x01", "application", "pdf", filename="Şartname.pdf")
    made.add_attachment(mail("Inner."))
    made.attach(MIMEText(TURKISH, "plain", "iso-8859-9"))
    read_whole, raised = 0, 0
    for data in damaged(made.as_bytes(), 150, seed=4):
        answer = load_child.answer(data, ".eml", 1_000_000)
        assert answer.get("blocks") or answer.get("failed") or answer.get("skipped")
        assert not answer.get("failed", "").startswith("broken:"), answer  # no reason is a traceback
        read_whole += "blocks" in answer
        raised += raises(data)
    assert read_whole > 50
    assert raised > 0  # naive: the standard library's new policy raises on some of them


def raises(data: bytes) -> bool:
    try:
        naive = message_from_bytes(data, policy=email.policy.default)
        for part in naive.walk():
            _ = [str(value) for value in part.values()]
            if part.get_content_maintype() == "text":
                part.get_content()
    except Exception:
        return True
    return False
