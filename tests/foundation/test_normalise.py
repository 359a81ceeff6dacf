"""Values are found however they are written, and only whole."""

from __future__ import annotations

import pytest

from foundation.normalise import contains, tokens
from foundation.vocabulary import fold

SAME = [
    ("It costs €49.00 [2].", "49 EUR"),
    ("It costs 49 euro", "€49"),
    ("EUR49 now", "49 EUR"),
    ("It costs 49 [2] EUR.", "49 EUR"),
    ("costs 1.299,00 TL'dir", "1299 TRY"),
    ("It is 1,299.00", "1299"),
    ("1.299 EUR", "1,299.00 EUR"),
    ("1\u00a0299 EUR", "1,299 EUR"),
    ("1,5 kg", "1.5 kg"),
    ("2,5 kg'dır", "2500 g"),
    ("1.000 g", "1 kg"),
    ("120 mm uzunluğunda", "12 cm"),
    ("0,5 litre", "500 ml"),
    ("it takes 2 kg or 3 m of it", "300 cm"),
    ("on 2026-03-14.", "14 March 2026"),
    ("on 14.03.2026", "2026-03-14"),
    ("on March 14, 2026", "14 March"),
    ("the 14th of March 2026", "14.03.2026"),
    ("14 Mart 2026'da", "2026-03-14"),
    ("7 Haziran", "7 June"),
    ("by 03/14/2026", "14 March 2026"),
    ("until 30 May 2026", "30 May"),
    ("opens at 9:00", "09:00"),
    ("opens at 9 am", "9:00"),
    ("closes 5:30 p.m.", "17:30"),
    ("12 am", "00:00"),
    ("saat 09.30'da", "9:30"),
    ("9:00–17:00", "9:00 to 17:00"),
    ("3-5 days", "3 to 5 days"),
    ("within 30 days", "30 gün"),
    ("30 gündür", "30 days"),
    ("12 aylık garanti", "12 months"),
    ("a 30-day window", "30 days"),
    ("5kg", "5 kg"),
    ("5 kilograms", "5 kg"),
    ("%20 indirim", "20%"),
    ("20 percent", "20 %"),
    ("yüzde 20", "20%"),
    ("-5 °C", "-5°C"),
    ("ISTANBUL mağazası", "İstanbul"),
    ("ıspanak", "ISPANAK"),
    ("use code rx-204!", "RX 204"),
    ("RX204B", "RX-204B"),
    ("Skerry tent,TT-1104,329 EUR,2.4 kg,5 years", "329 EUR"),
    ("Skerry tent,TT-1104,329 EUR,2.4 kg,5 years", "2.4 kg"),
    ("Skerry tent,TT-1104,329 EUR,2.4 kg,5 years", "TT-1104"),
    ("firmware v2.10 is", "2.10"),
    ("v2.10", "version 2.10"),
    ("call +90 212 555 01 34", "+902125550134"),
    ("It costs 49.", "49"),
    ("two\n  words", "Two words"),
    ("Main Street 5, Ankara", "main street 5 ankara"),
]

DIFFERENT = [
    ("2,5 g", "2,5 kg"),
    ("2500 kg", "2,5 kg"),
    ("5 m", "5 kg"),
    ("12 aylık", "1 yıl"),
    ("1 day", "24 hours"),
    ("149", "49"),
    ("490 EUR", "49 EUR"),
    ("49.5 EUR", "49 EUR"),
    ("49.5", "49"),
    ("RX-49", "49"),
    ("204B", "204"),
    ("RX-2041", "RX-204"),
    ("0049", "49"),
    ("49 EUR", "49 USD"),
    ("30 days", "30 weeks"),
    ("version 2.10", "2.1"),
    ("14 March 2026", "14 March 2025"),
    ("14 March", "14 March 2026"),
    ("under 18 may enter", "18 May"),
    ("9:00 pm", "9:00"),
    ("13:00", "3:00"),
    ("-5 °C", "5 °C"),
    ("see [49]", "49"),
    ("returning", "return"),
    ("days 30", "30 days"),
    ("", "49"),
    ("49", "—"),
]


@pytest.mark.parametrize(("text", "value"), SAME)
def test_a_value_is_found_however_it_is_written(text: str, value: str) -> None:
    assert contains(text, value), (tokens(text), tokens(value))


@pytest.mark.parametrize(("text", "value"), DIFFERENT)
def test_another_value_is_not_taken_for_it(text: str, value: str) -> None:
    assert not contains(text, value), (tokens(text), tokens(value))


def test_a_sign_before_a_number_belongs_to_the_number_after_it_unless_one_before_it_has_none() -> None:
    assert contains("49 EUR 30 days", "49 EUR")
    assert contains("49 EUR 30 days", "30 days")
    assert not contains("49 EUR 30 days", "30 EUR")


def test_folding_gives_the_four_letters_i_one_form_and_keeps_the_length() -> None:
    assert fold("İIıi") == "iiii"
    assert len(fold("İSTANBUL")) == 8


@pytest.mark.parametrize(
    "text", ["\x00", "1.2.3.4", "99/99/9999", "25:61", "+", "[1]", "𝟒𝟗", "1,2,3", "½ kg", "١٢", "²"]
)
def test_odd_text_is_read_without_an_error(text: str) -> None:
    tokens(text)
