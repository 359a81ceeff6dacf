"""Situations of names and addresses: what is found in Turkish and English, what is left alone, and what stands in its place."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.privacy import names
from finetune.privacy.name_words import name_key
from finetune.privacy.personal import PersonalKind, find_personal
from finetune.privacy.pseudonyms import Pseudonymiser, pseudonymise_row
from foundation.errors import UserError

needed = pytest.mark.skipif(not names.installed(), reason="needs the extra `names`")
NAME, ADDRESS = PersonalKind.NAME, PersonalKind.ADDRESS


def found(text: str) -> list[tuple[PersonalKind, str]]:
    return [(span.kind, text[span.start : span.end]) for span in names.find_everything(text)]


@needed
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Sayın Ayşe Yılmaz'ın siparişi", "Ayşe Yılmaz"),
        ("Ahmet Bey’e sorun.", "Ahmet"),
        ("Dün Rojbin Xalo Hanım aradı.", "Rojbin Xalo"),
        ("İSTANBUL: IŞIL ÖZTÜRK adına fatura", "IŞIL ÖZTÜRK"),
        ("Paketi I\u0307brahim'e verdik.", "I\u0307brahim"),
        ("Paketi Me\u200bhmet Kaya'ya verdik.", "Me\u200bhmet Kaya"),
        ("ayşe yılmaz aradı mı?", "ayşe yılmaz"),
        ("Müşteri: Xender Qoll", "Xender Qoll"),
        ("Dear Karen O'Brien,", "Karen O'Brien"),
        ("Mr. J. R. Tolkien called.", "J. R. Tolkien"),
        ("We refunded Karen Smith's order.", "Karen Smith"),
        ("My name is Wren Falk.", "Wren Falk"),
    ],
)
def test_a_name_is_found_without_its_suffix_and_the_span_is_what_stands_there(
    text: str, written: str
) -> None:
    assert found(text) == [(NAME, written)]


@needed
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Adresim: Caferağa Mah. Moda Cad. No: 12/3 D:5 34710 Kadıköy/İstanbul'dur.",
         "Caferağa Mah. Moda Cad. No: 12/3 D:5 34710 Kadıköy/İstanbul"),
        ("1453. Sokak No 7 Daire 4, 06420 Çankaya Ankara", "1453. Sokak No 7 Daire 4, 06420 Çankaya Ankara"),
        ("ÇINAR SOKAK NO: 4 İZMİR'e gönderin", "ÇINAR SOKAK NO: 4 İZMİR"),
        ("Send to Flat 3, 221B Baker Street, London NW1 6XE.", "Flat 3, 221B Baker Street, London NW1 6XE"),
        ("He lives at Quarry Lane 8, Harrowmere.", "Quarry Lane 8, Harrowmere"),
        ("PO Box 1123, Denver, CO 80201", "PO Box 1123, Denver, CO 80201"),
    ],
)  # fmt: skip
def test_an_address_is_found_whole(text: str, written: str) -> None:
    assert found(text) == [(ADDRESS, written)]


@needed
@pytest.mark.parametrize(
    "text",
    [
        "Deniz kenarında Güneş doğdu, Umut kaldı.",
        "Sayın Müşterimiz, kampanya başladı.",
        "Dear Customer, the May sale ends on Friday.",
        "Bağdat Caddesi mağazası ve Boğaziçi Üniversitesi",
        "Mehmet Akif Ersoy Lisesi açıldı.",
        "Mark the box. Grant access. Rose Garden is closed.",
        "YENİ SEZON BAŞLADI",
        "The Fellmark stove costs 24 EUR.",
    ],
)
def test_what_is_only_written_like_one_is_left_alone(text: str) -> None:
    assert found(text) == []


@needed
def test_numbers_are_found_beside_names_and_no_letter_belongs_to_two() -> None:
    text = "Ayşe Yılmaz, ayse.yilmaz@kurum.com.tr, 0532 123 45 67"
    assert [kind for kind, _ in found(text)] == [NAME, PersonalKind.EMAIL, PersonalKind.PHONE]
    assert [kind for kind, _ in ((span.kind, 0) for span in find_personal(text))] == [
        PersonalKind.EMAIL,
        PersonalKind.PHONE,
    ]


def test_spellings_of_one_name_share_a_key() -> None:
    assert len({name_key(name) for name in ("İBRAHİM", "ibrahim", "I\u0307brahim", "IBRAHIM")}) == 1
    assert name_key("Işıl") == name_key("IŞIL") == name_key("isil")


@needed
def test_a_person_has_one_surrogate_in_a_data_set_with_the_suffix_kept_and_parts_of_the_name_are_the_same_person() -> (
    None
):
    row = {
        "id": "1",
        "messages": [
            {"role": "user", "content": "Ayşe Yılmaz'ın adresi nedir? Ayşe'ye yaz."},
            {
                "role": "assistant",
                "content": "Sayın Yılmaz, Moda Cad. No:5 İzmir'de oturuyor, AYŞE YILMAZ'a sorun.",
            },
        ],
    }
    one = Pseudonymiser(b"k" * 32, names.find_everything)
    made = pseudonymise_row(row, one)
    said = " ".join(turn["content"] for turn in made["messages"])
    people = set(re.findall(r"Person-\d{8}", said))
    assert len(people) == 1 and said.count(people.pop()) == 4
    assert re.search(r"Person-\d{8}'ın adresi", said) and re.search(r"Address-\d{8}'de oturuyor", said)
    assert not re.search("ayşe|yılmaz|moda", said, re.IGNORECASE)
    assert one(row["messages"][0]["content"]).split("'")[0] in said  # the same in any other row
    assert Pseudonymiser(find=names.find_everything)("Ayşe Yılmaz") not in said  # and another in another set
    assert pseudonymise_row(made, Pseudonymiser(find=names.find_everything)) == made


PARTS = ["Sayın Ayşe Yılmaz'ın", "Ahmet Bey", "Karen Smith", "Moda Cad. No:5 İzmir", "12 Mill Street", "0532 123 45 67",
         "İĞ ışık", "Kaya", "Deniz", "Dear Tom,", "Müşteri:", "TCKN 10000000146"]  # fmt: skip


@needed
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=7))
@settings(max_examples=60)
def test_a_second_pass_changes_nothing(parts: list[str]) -> None:
    row = {"messages": [{"role": "user", "content": " ".join(parts)}]}
    once = pseudonymise_row(row, Pseudonymiser(find=names.find_everything))
    assert pseudonymise_row(once, Pseudonymiser(find=names.find_everything)) == once


@needed
@pytest.mark.parametrize(
    "part", ["a-", "A'", "A. ", "Ayşe ", "Moda Cad. ", "1 A ", "No: 1 ", "Sayın ", "İ", "Dear "]
)
def test_a_hundred_kilobytes_of_anything_are_read_in_seconds(part: str) -> None:
    began = time.process_time()
    names.find_everything(part * (100_000 // len(part)))
    assert time.process_time() - began < 20


def test_without_the_packages_a_sentence_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "installed", lambda: False)
    names._engine.cache_clear()
    with pytest.raises(
        UserError, match=r"not installed here. Install them with `pip install 'rungwise\[names\]'`"
    ):
        names.find_everything("Ayşe")
