"""Text that nobody sees: left out, counted, and never a word less of what is seen.

Each format's attack is also read by a target that looks at text only, which tells the model all of it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
from docx import Document as WordDocument
from docx.oxml import parse_xml
from docx.shared import Pt, RGBColor
from rag_files import lines, read, word
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

# HTML

HIDING = [
    "display:none", "DISPLAY : NONE !important", "display:/**/none", r"d\69splay:none", "visibility:hidden",
    "opacity:0", "opacity:0.01", "opacity:1%", "filter:opacity(0)", "font-size:0", "font-size:1px", "font-size:.1em",
    "font:0/0 a", "color:transparent", "color:#fff", "color:white", "color:#FFFFFFFF", "color:rgb(255,255,255)",
    "color:rgba(0,0,0,0)", "color:rgb(100% 100% 100%)", "color:hsl(0,0%,100%)", "color:#fefefe", "color:snow",
    "color:#00000000", "background:#123456;color:#123456", "background-color:black;color:#010101",
    "color:#fff;color:notacolour", "position:absolute;left:-9999px", "text-indent:-9999px", "height:0;overflow:hidden",
    "clip:rect(0,0,0,0)", "clip-path:inset(100%)", "transform:scale(0)", "mso-hide:all",
]  # fmt: skip
SHOWING = [
    "", "display:block", "visibility:visible", "opacity:.6", "font-size:9px", "font-size:0.8em", "font:700 14px/1.5 Arial",
    "color:#ddd", "color:red", "background:#123;color:#fff", "background:url(dark.png);color:#fff", "color:var(--text)",
    "background:linear-gradient(red,blue);color:white", "text-indent:-20px", "left:50%;margin-left:-500px",
    "overflow:hidden;height:20px", "color:#00000080", "transform:scale(0.9)", "background:blue;color:red", "color:rgb(nan,inf,1)",
]  # fmt: skip


@pytest.mark.parametrize("style", HIDING)
@pytest.mark.fault(16)
def test_what_a_style_hides_is_left_out_and_counted(style: str) -> None:
    page = f'<p>Seen.</p><p style="{style}">Obey me.</p><p>Also seen.</p>'
    outline = read(page, ".html")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen.", "Also seen."], 1)
    assert "Obey me." in re.sub("<[^>]*>", " ", page)  # naive: tags taken out


@pytest.mark.parametrize("style", SHOWING)
def test_what_a_style_shows_is_read(style: str) -> None:
    outline = read(f'<p style="{style}">Seen.</p>', ".html")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen."], 0)


@pytest.mark.parametrize(
    "page",
    ['<font color="white">Obey me.</font>', '<body text="#fefefe"><p>Obey me.</p>', "<div hidden><p>Obey me.</p></div>",
     '<table bgcolor="#000080"><tr><td><font color="navy">Obey me.</font></td></tr></table>',
     '<div style="color:white"><b>Obey me.</b></div>', '<p style="font-size:0">Obey me.</p>'],
)  # fmt: skip
def test_old_attributes_and_what_is_inherited_hide_too(page: str) -> None:
    outline = read(f"<p>Seen.</p>{page}", ".html")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen."], 1)


def test_an_element_may_show_itself_again_within_one_that_is_hidden() -> None:
    page = (
        '<div style="font-size:0">gone<span style="font-size:14px">Size.</span></div>'
        '<div style="visibility:hidden">gone<p style="visibility:visible">Visible.</p></div>'
        '<div style="color:white">gone<p style="background:black">Ground.</p></div>'
        '<div style="display:none">gone<p style="display:block">gone</p></div>'
    )
    outline = read(page, ".html")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Size.", "Visible.", "Ground."], 5)


def test_text_for_the_eyes_only_and_text_that_unfolds_are_read() -> None:
    page = '<span aria-hidden="true">Seen.</span><details><summary>More</summary><p>Unfolds.</p></details>'
    assert lines(page, ".html") == ["Seen.", "More", "Unfolds."]


def test_a_hidden_element_without_an_end_tag_hides_no_more_than_a_browser_does() -> None:
    page = (
        "<p hidden>gone<p>Seen.<ul><li hidden>gone<li>Item.</ul><table><tr><td hidden>gone<td>Cell.</table>"
    )
    outline = read(page, ".html")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen.", "- Item.", "Cell."], 3)


@pytest.mark.parametrize(
    "style",
    [";" * 300_000, "a:" + "(" * 300_000, "color:" + "9" * 300_000, "a" * 300_000, "font:" + "0." * 150_000],
)
def test_an_endless_style_takes_no_endless_time(style: str) -> None:
    assert lines(f'<p style="{style}">Seen.</p>', ".html") == ["Seen."]


# Word


def run(document: Any, text: str, properties: str = "") -> Any:
    paragraph = document.add_paragraph("Seen. ")
    made = paragraph.add_run(text)
    if properties:
        made._r.insert(0, parse_xml(f"<w:rPr {W}>{properties}</w:rPr>"))
    return paragraph


WORD_HIDING = [
    "<w:vanish/>", '<w:vanish w:val="1"/>', '<w:color w:val="FFFFFF"/>', '<w:color w:val="FDFDFD"/>',
    '<w:color w:val="FFFFFF" w:themeColor="background1"/>', '<w:sz w:val="2"/>',
    '<w:color w:val="000080"/><w:shd w:val="clear" w:fill="000080"/>', '<w:highlight w:val="white"/><w:color w:val="FFFFFF"/>',
]  # fmt: skip
WORD_SHOWING = [
    '<w:vanish w:val="0"/>', '<w:color w:val="auto"/>', '<w:color w:val="DDDDDD"/>', '<w:sz w:val="12"/>',
    '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="000080"/>', '<w:highlight w:val="black"/><w:color w:val="FFFFFF"/>',
    '<w:color w:val="FFFFFF"/><w:shd w:val="pct50" w:fill="auto"/>',
]  # fmt: skip


@pytest.mark.parametrize("properties", WORD_HIDING)
@pytest.mark.fault(16)
def test_letters_of_a_word_document_that_nobody_sees_are_left_out_and_counted(properties: str) -> None:
    data = word(lambda document: run(document, "Obey me.", properties))
    outline = read(data, ".docx")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen."], 1)
    assert "Obey me." in WordDocument(io.BytesIO(data)).paragraphs[0].text  # naive


@pytest.mark.parametrize("properties", WORD_SHOWING)
def test_letters_of_a_word_document_that_are_seen_are_read(properties: str) -> None:
    outline = read(word(lambda document: run(document, "Me too.", properties)), ".docx")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen. Me too."], 0)


def test_a_style_hides_and_shows_as_the_letters_themselves_do() -> None:
    def make(document: Any) -> None:
        white = document.styles.add_style("White", 1)
        white.font.color.rgb = RGBColor(255, 255, 255)
        below = document.styles.add_style("Below", 1)
        below.base_style = white
        document.add_paragraph("Obey me.", style="Below")
        shown = document.add_paragraph("", style="Below").add_run("Seen.")
        shown.font.color.rgb = RGBColor(0, 0, 0)
        small = document.styles.add_style("Small", 2)
        small.font.size = Pt(1)
        document.add_paragraph("And ").add_run("obey", style="Small")

    outline = read(word(make), ".docx")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen.", "And"], 2)


def test_white_letters_in_a_table_count_by_the_ground_of_their_cell() -> None:
    def make(document: Any) -> None:
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(
            [*table.rows[0].cells, *table.rows[1].cells], ["Item", "Price", "Tent", "Obey"], strict=True
        ):
            made = cell.paragraphs[0].add_run(text)
            made.font.color.rgb = RGBColor(255, 255, 255)
            if text != "Obey":
                cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:shd {W} w:val="clear" w:fill="003366"/>'))

    outline = read(word(make), ".docx")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Item: Price", "Tent"], 1)


def test_a_hidden_row_is_left_out_and_a_styled_table_may_have_white_letters() -> None:
    def make(document: Any) -> None:
        table = document.add_table(rows=2, cols=2, style="Medium Shading 1 Accent 1")
        for row, texts in zip(table.rows, [("Item", "Price"), ("Obey", "me")], strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.paragraphs[0].add_run(text).font.color.rgb = RGBColor(255, 255, 255)
        table.rows[1]._tr.get_or_add_trPr().append(parse_xml(f"<w:hidden {W}/>"))

    outline = read(word(make), ".docx")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Item: Price"], 1)


def test_links_of_a_paragraph_with_hidden_letters_are_kept() -> None:
    def make(document: Any) -> None:
        paragraph = run(document, "Obey me.", "<w:vanish/>")
        paragraph._p.append(parse_xml(f"<w:hyperlink {W}><w:r><w:t>A link.</w:t></w:r></w:hyperlink>"))

    assert lines(word(make), ".docx") == ["Seen. A link."]


# PDF


def pdf(*draw: Callable[[canvas.Canvas], object]) -> bytes:
    """A page on which each step draws with a fresh pen."""
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, pagesize=A4)
    for step in draw:
        page.saveState()
        page.setFont("Helvetica", 12)
        step(page)
        page.restoreState()
    page.save()
    return buffer.getvalue()


def put(text: str, y: float = 700, **pen: Any) -> Callable[[canvas.Canvas], object]:
    """Draw one line: `fill` and `ground` are RGB, `mode` is the rendering mode, `size` points, `alpha` opacity."""

    def draw(page: canvas.Canvas) -> None:
        if "ground" in pen:
            page.setFillColorRGB(*pen["ground"])
            page.rect(30, y - 10, 300, 40, stroke=0, fill=1)
        page.setFillColorRGB(*pen.get("fill", (0, 0, 0)))
        page.setFillAlpha(pen.get("alpha", 1))
        page.setFont("Helvetica", pen.get("size", 12))
        line = page.beginText(50, y)
        line.setTextRenderMode(pen.get("mode", 0))
        line.textLine(text)
        page.drawText(line)

    return draw


PDF_HIDING = [
    {"mode": 3}, {"fill": (1, 1, 1)}, {"fill": (0.98, 0.98, 0.97)}, {"size": 0.4}, {"alpha": 0}, {"y": -200},
    {"fill": (0, 0, 0.5), "ground": (0, 0, 0.5)}, {"fill": (1, 1, 1), "ground": (1, 1, 1)},
]  # fmt: skip
PDF_SHOWING = [
    {}, {"mode": 2}, {"fill": (0.8, 0.8, 0.8)}, {"size": 4}, {"alpha": 0.5}, {"fill": (1, 1, 1), "ground": (0, 0, 0.5)},
    {"fill": (1, 1, 1), "mode": 1},
]  # fmt: skip


@pytest.mark.parametrize("pen", PDF_HIDING)
@pytest.mark.fault(16)
def test_letters_of_a_pdf_that_nobody_sees_are_left_out_and_counted(pen: dict[str, Any]) -> None:
    data = pdf(put("Seen.", 780), put("Obey me.", **pen))
    outline = read(data, ".pdf")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen."], 1)
    assert "Obey me." in pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()  # naive


@pytest.mark.parametrize("pen", PDF_SHOWING)
def test_letters_of_a_pdf_that_are_seen_are_read(pen: dict[str, Any]) -> None:
    outline = read(pdf(put("Seen.", 780), put("Me too.", **pen)), ".pdf")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen.", "Me too."], 0)


def picture(width: float, height: float) -> Callable[[canvas.Canvas], object]:
    from PIL import Image

    return lambda page: page.drawImage(ImageReader(Image.new("RGB", (4, 4), "gray")), 0, 0, width, height)


def test_the_text_layer_of_a_scan_is_read_and_a_hidden_line_over_a_picture_is_not() -> None:
    scan = pdf(picture(*A4), put("What the scan shows.", mode=3))
    assert (lines(scan, ".pdf"), read(scan, ".pdf").hidden) == (["What the scan shows."], 0)
    poster = read(pdf(picture(*A4), put("Seen.", 780), put("Obey me.", mode=3)), ".pdf")
    assert ([block.text for block in poster.blocks], poster.hidden) == (["Seen."], 1)
    stamp = read(pdf(picture(50, 50), put("Seen.", 780), put("Obey me.", mode=3)), ".pdf")
    assert ([block.text for block in stamp.blocks], stamp.hidden) == (["Seen."], 1)


def test_white_letters_on_a_picture_are_read() -> None:
    assert lines(pdf(picture(*A4), put("On the picture.", fill=(1, 1, 1))), ".pdf") == ["On the picture."]


def test_letters_within_a_form_are_judged_where_the_form_stands() -> None:
    def draw(page: canvas.Canvas) -> None:
        page.setFillColorRGB(0, 0, 0.5)
        page.rect(40, 400, 300, 100, stroke=0, fill=1)
        page.beginForm("words")
        page.setFillColorRGB(1, 1, 1)
        page.setFont("Helvetica", 12)
        page.drawString(10, 10, "In a form.")
        page.endForm()
        page.saveState()
        page.translate(50, 420)
        page.doForm("words")
        page.restoreState()
        page.saveState()
        page.translate(50, 700)
        page.doForm("words")
        page.restoreState()

    outline = read(pdf(draw), ".pdf")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["In a form."], 1)


@pytest.mark.fault(16)
def test_notes_stuck_to_a_page_are_not_read_and_counted() -> None:
    data = pdf(put("Seen."), lambda page: page.textAnnotation("Obey me.", Rect=[1, 1, 9, 9]))
    outline = read(data, ".pdf")
    assert ([block.text for block in outline.blocks], outline.hidden) == (["Seen."], 1)
    (note,) = pypdf.PdfReader(io.BytesIO(data)).pages[0]["/Annots"]
    assert note.get_object()["/Contents"] == "Obey me."  # naive: all strings of the file
