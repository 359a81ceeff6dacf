"""What a workbook gives: its cells as they are displayed, its sheets as headings, nothing that is hidden."""

from __future__ import annotations

import io
import random
import re
import zipfile

import pytest
from rag_files import cell, damaged, lines, read, rows, unzipped, workbook, zipped

from rag.formats.cell import plain_number, shown_number, shown_text
from rag.formats.outline import Unreadable
from rag.ingest import load_child

FONTS = (
    '<fonts><font/><font><b/></font><font><color rgb="FFFFFFFF"/></font><font><color theme="0" tint="-0.05"/></font>'
    '<font><sz val="1"/></font></fonts>'
)
FILLS = (
    '<fills><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FF003366"/></patternFill></fill></fills>'
)
STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="dd.mm.yyyy"/><numFmt numFmtId="165" formatCode="#,##0.00 &quot;€&quot;"/>'
    '<numFmt numFmtId="166" formatCode=";;;"/></numFmts>' + FONTS + FILLS + "<cellXfs>"
    '<xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="10"/><xf numFmtId="0" fontId="1"/>'
    '<xf fontId="2" fillId="0"/><xf fontId="2" fillId="1"/><xf fontId="3"/><xf fontId="4"/><xf numFmtId="166"/>'
    "</cellXfs>"
)
DATE, EURO, PERCENT, BOLD, WHITE, WHITE_ON_BLUE, NEARLY_WHITE, TINY, NOTHING = range(1, 10)


def test_cells_are_read_as_they_are_displayed() -> None:
    table = [["Product", "Price", "Since", "Share", "Stock", "Code"],
             ["Fellmark stove", (1299, EURO), (45721, DATE), (0.125, PERCENT), True, "<f>1+1</f><v>2</v>"]]  # fmt: skip
    assert lines(workbook({"Prices": rows(table)}, STYLES), ".xlsx") == [
        "Product: Fellmark stove; Price: 1,299.00 €; Since: 05.03.2025; Share: 12.50%; Stock: TRUE; Code: 2"
    ]


def test_shared_strings_with_runs_and_turkish_letters_come_through_intact() -> None:
    strings = [
        "<t>Ürün</t>",
        "<r><t>Işık </t></r><r><rPr><b/></rPr><t>sobası</t></r><rPh><t>not read</t></rPh>",
        "<t>one_x000a_two</t>",
    ]
    shared = '<row r="1">' + "".join(
        f'<c r="{column}1" t="s"><v>{n}</v></c>' for n, column in enumerate("ABC")
    )
    assert lines(workbook({"S": shared + "</row>"}, strings=strings), ".xlsx") == [
        "Ürün; Işık sobası; one two"
    ]


def test_several_sheets_are_headings_and_one_sheet_is_none() -> None:
    table = rows([["Store", "Opens"], ["Lindvale", "9"]])
    one = read(workbook({"Sheet1": table}), ".xlsx")
    two = read(workbook({"Hours": table, "Staff": table}), ".xlsx")
    assert ([block.text for block in one.blocks], one.title) == (["Store: Lindvale; Opens: 9"], "")
    assert [(block.text, block.headings) for block in two.blocks] == [
        ("Hours", ()), ("Store: Lindvale; Opens: 9", ("Hours",)),
        ("Staff", ()), ("Store: Lindvale; Opens: 9", ("Staff",)),
    ]  # fmt: skip
    assert two.title == ""


def test_tables_of_one_sheet_are_kept_apart_and_bold_lines_above_them_are_headings() -> None:
    sheet = rows(
        [[("Rental prices", BOLD)], ["All prices a day."], [("Item", BOLD), ("Note", BOLD)], ["Tent", "new"]]
    )
    sheet += rows([["Item", "Fee"], ["Late return", 5]], first=6)
    sheet += rows([["Ask at the desk."]], first=9)
    read_sheet = read(workbook({"S": sheet}, STYLES), ".xlsx")
    assert [(block.kind.value, block.text) for block in read_sheet.blocks] == [
        ("heading", "Rental prices"), ("paragraph", "All prices a day."), ("row", "Item: Tent; Note: new"),
        ("row", "Item: Late return; Fee: 5"), ("paragraph", "Ask at the desk."),
    ]  # fmt: skip


def test_a_row_or_cell_without_a_reference_follows_the_one_before() -> None:
    sheet = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c><c><v>4</v></c></row>"
    assert lines(workbook({"S": sheet}), ".xlsx") == ["1: 2", "3: 4"]


def hiding() -> bytes:
    """A workbook with two things to see and eight to hide."""
    open_rows = rows([["Item", "Price", None], ["Tent", 25, None]])
    hidden_row = '<row r="3" hidden="1">' + cell("A3", "HIDDEN row") + "</row>"
    no_height = '<row r="4" ht="0">' + cell("A4", "HIDDEN height") + "</row>"
    cells = [
        ("HIDDEN white", WHITE),
        ("HIDDEN nearly", NEARLY_WHITE),
        ("HIDDEN tiny", TINY),
        ("HIDDEN format", NOTHING),
    ]
    faint = "".join(
        f'<row r="{n}">{cell(f"A{n}", text, style)}</row>' for n, (text, style) in enumerate(cells, start=5)
    )
    column = '<row r="20">' + cell("D20", "HIDDEN column") + cell("E20", "Seen", WHITE_ON_BLUE) + "</row>"
    columns = {"Open": '<cols><col min="4" max="4" hidden="1"/></cols>'}
    sheets = {
        "Open": open_rows + hidden_row + no_height + faint + column,
        "Back": rows([["HIDDEN sheet", "x"]]),
    }
    return workbook(sheets, STYLES, states={"Back": "veryHidden"}, before=columns)


def test_hidden_sheets_rows_columns_and_cells_are_left_out_and_counted() -> None:
    outline = read(hiding(), ".xlsx")
    assert [block.text for block in outline.blocks] == ["Item: Tent; Price: 25", "Seen"]
    assert outline.hidden == 8
    naive = " ".join(
        re.sub("<[^>]*>", " ", part.decode()) for name, part in unzipped(hiding()).items() if "sheet" in name
    )
    assert naive.count("HIDDEN") == 8  # a reader of all cells tells the model what nobody sees


def test_white_letters_of_a_table_with_a_style_of_its_own_are_read() -> None:
    parts = unzipped(workbook({"S": rows([[("Item", WHITE), ("Price", WHITE)], ["Tent", 25]])}, STYLES))
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
        b'<Relationships><Relationship Id="t" Type="http://x/relationships/table" Target="../tables/table1.xml"/>'
        b"</Relationships>"
    )
    assert lines(zipped(parts), ".xlsx") == ["Item: Tent; Price: 25"]


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1299, '#,##0.00 "€"', "1,299.00 €"), (1299.005, "#,##0.00", "1,299.01"), (0.125, "0%", "13%"),
        (7, "00000", "00007"), (1234567, '0.0,," M"', "1.2 M"), (-5, "#,##0;(#,##0)", "(5)"), (-5, "0", "-5"),
        (0, '0;-0;"none"', "none"), (5, ";;;", ""), (0.1 + 0.2, "", "0.3"), (19.989999999999998, "0.00", "19.99"),
        (5551234567, "(###) ###-####", "(555) 123-4567"), (2, "0.##", "2"), (1.5, "0.##", "1.5"),
        (12345.678, "0.00E+00", "1.23E+04"), (0.5, "# ?/?", "0.5"), (5, '[>3]"many";0', "5"),
        (-12, "0.00;[Red]-0.00", "-12.00"), (49.9, "_-* #,##0.00 [$₺-41F]_-", "49.90 ₺"), (1e20, "0", "1E+20"),
        (45721, "dd.mm.yyyy", "05.03.2025"), (45721.6042, "d/m/yyyy h:mm", "5/3/2025 14:30"),
        (45721, "[$-41F]d mmmm yyyy dddd", "5 Mart 2025 Çarşamba"), (0.75, "h:mm AM/PM", "6:00 PM"),
        (1.5, "[h]:mm", "36:00"), (0.0001, "mm:ss.0", "00:09"), (1, "yyyy-mm-dd", "1900-01-01"),
        (1e9, "yyyy", "1000000000"), (float("inf"), "0.00", "inf"),
    ],
)  # fmt: skip
def test_a_number_is_shown_as_its_format_says(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


def test_days_may_count_from_1904_and_a_format_may_hide_text() -> None:
    assert shown_number(44259, "yyyy-mm-dd", from_1904=True) == "2025-03-05"
    assert (shown_text("x", ";;;"), shown_text("x", "@"), plain_number(1e300)) == ("", "x", "1E+300")
    book = workbook({"S": rows([[(44259, DATE), "x"]])}, STYLES, properties='<workbookPr date1904="1"/>')
    assert lines(book, ".xlsx") == ["05.03.2025: x"]


def test_cells_far_apart_cost_no_more_than_what_they_say() -> None:
    sheet = "".join(f'<row r="{n * 1000}">{cell(f"XF{chr(65 + n)}{n * 1000}", n)}</row>' for n in range(4))
    assert lines(workbook({"S": sheet}), ".xlsx") == ["0", "1", "2", "3"]
    columns = [f"{a}{b}{c}" for a in "AB" for b in "ABCDEFGHIJKLMNOPQ" for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    strewn = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="{column}{n}"><v>1</v></c></row>'
        for n, column in enumerate(columns * 2, start=1)
    )
    assert lines(workbook({"S": strewn}), ".xlsx")[-1] == "1768: 1"


def test_a_workbook_that_names_no_workbook_is_a_reason() -> None:
    parts = unzipped(workbook({"S": rows([["a", "b"]])}))
    del parts["_rels/.rels"]
    with pytest.raises(Unreadable, match="does not say where its workbook is"):
        read(zipped(parts), ".xlsx")


def test_an_empty_workbook_has_no_text() -> None:
    with pytest.raises(Unreadable, match="no_text"):
        read(workbook({"S": ""}), ".xlsx")


def test_a_damaged_workbook_ends_as_a_document_or_a_reason() -> None:
    whole = hiding()
    parts = unzipped(whole)
    copies = list(damaged(whole, 150, seed=1))
    for name in (
        "xl/worksheets/sheet1.xml",
        "xl/styles.xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
    ):
        copies += [
            zipped({**parts, name: part}, zipfile.ZIP_STORED) for part in damaged(parts[name], 60, seed=2)
        ]
    read_whole = 0
    for data in copies:
        answer = load_child.answer(data, ".xlsx", 1_000_000)
        assert answer.get("blocks") or answer.get("failed") or answer.get("skipped")
        read_whole += "blocks" in answer
    assert 0 < read_whole < len(copies)
    with pytest.raises(Exception):  # noqa: B017 - a reader that trusts the archive raises whatever it meets
        for data in copies:
            zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode("utf-8")


def test_no_format_however_odd_raises() -> None:
    dice = random.Random(5)
    signs = ["0", "#", "?", ".", ",", "%", ";", "E+", "/", "@", "y", "mm", "d", "h", "ss", "AM/PM", "[h]", "[>5]", "[$€-407]",
             '"a"', "\\", "_", "*", "General", "(", ")", "-", " ", "[", "]", '"', "ş"]  # fmt: skip
    values = [0.0, -1.5, 45721.6, 1e15, -1e300, 1e-300, 2958466.0, float("nan"), float("-inf")]
    for _ in range(3_000):
        code = "".join(dice.choices(signs, k=dice.randint(1, 12)))
        for value in values:
            assert isinstance(shown_number(value, code), str)
        shown_text("x", code)
