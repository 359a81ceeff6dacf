"""Situations of a library's life: what is searchable after files, processes and disks did what they do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rag_fakes import LETTERS, LetterEmbedder, outcomes, texts

from foundation.errors import UserError
from rag import Library, Outcome

Make = Callable[..., Library]


def test_a_first_sync_indexes_every_document_and_a_search_finds_its_words(library: Library) -> None:
    report = library.sync()
    assert outcomes(report) == {"policies/returns.md": "indexed", "prices.csv": "indexed"}
    assert report.generation == library.generation == 1
    best = library.search("Fellmark stove price")[0]
    assert best.chunk.source == "prices.csv"
    assert "product: Fellmark stove; price: 49 EUR" in best.chunk.text.split("\n")
    assert (best.rank, best.chunk.title) == (1, "Prices")


def test_the_span_of_a_chunk_points_at_its_text_in_the_document(library: Library) -> None:
    library.sync()
    for chunk in library.chunks():
        text = library.text(chunk.source)
        assert text is not None
        assert text[chunk.start : chunk.end] == chunk.text


@pytest.mark.fault(17)
def test_an_unchanged_folder_is_left_alone_and_nothing_is_embedded(
    library: Library, embedder: LetterEmbedder
) -> None:
    library.sync()
    before = len(embedder.embedded)
    report = library.sync()
    assert set(outcomes(report).values()) == {"unchanged"}
    assert (report.embedded, report.generation, len(embedder.embedded)) == (0, 1, before)


def test_a_changed_file_embeds_only_its_changed_chunks(
    library: Library, documents: Path, embedder: LetterEmbedder
) -> None:
    library.sync()
    embedder.embedded.clear()
    path = documents / "policies" / "returns.md"
    path.write_text(path.read_text("utf-8").replace("5 days", "9 days"), "utf-8")
    report = library.sync()
    assert report.embedded == 1
    assert embedder.embedded == ["Returns > Refunds\nMoney comes back in 9 days."]


@pytest.mark.fault(18)
def test_a_changed_file_answers_with_its_new_text_and_its_old_text_is_gone(
    library: Library, documents: Path
) -> None:
    library.sync()
    (documents / "prices.csv").write_text("product,price\nFellmark stove,59 EUR\n", "utf-8")
    library.sync()
    found = "\n".join(texts(library, "Fellmark stove price"))
    assert "59 EUR" in found
    assert "49 EUR" not in found


@pytest.mark.fault(19)
def test_a_vanished_file_is_dropped_and_no_longer_found(library: Library, documents: Path) -> None:
    library.sync()
    (documents / "prices.csv").unlink()
    report = library.sync()
    assert outcomes(report)["prices.csv"] == "dropped"
    assert {hit.chunk.source for hit in library.search("Fellmark stove", 10)} == {"policies/returns.md"}
    assert outcomes(library.sync()) == {"policies/returns.md": "unchanged"}


@pytest.mark.fault(17)
def test_the_same_file_written_twice_keeps_its_chunk_ids(library: Library, documents: Path) -> None:
    library.sync()
    before = [chunk.id for chunk in library.chunks()]
    content = (documents / "prices.csv").read_bytes()
    (documents / "prices.csv").unlink()
    library.sync()
    (documents / "prices.csv").write_bytes(content)
    library.sync()
    assert [chunk.id for chunk in library.chunks()] == before


def test_text_that_two_documents_share_is_embedded_once(
    library: Library, documents: Path, embedder: LetterEmbedder
) -> None:
    shutil.copy(documents / "policies" / "returns.md", documents / "copy.md")
    library.sync()
    assert len(embedder.embedded) == len(set(embedder.embedded))
    assert len(library.chunks("copy.md")) == len(library.chunks("policies/returns.md")) == 2
    found = [hit.chunk.source for hit in library.search("stove returned within days", 2)]
    assert sorted(found) == ["copy.md", "policies/returns.md"]


@pytest.mark.fault(71)
def test_a_thousand_copies_of_one_text_do_not_hide_the_others(make_library: Make, documents: Path) -> None:
    for letter in LETTERS:
        (documents / f"{letter}.txt").write_text(letter * 2, "utf-8")
    (documents / "same.txt").write_text("Same words again and again. " * 1000, "utf-8")
    library = make_library(chunk_tokens=16, alpha=1.0, candidates=5)
    library.sync()
    for letter in LETTERS:
        assert library.search(letter * 2, 1)[0].chunk.source == f"{letter}.txt"


@pytest.mark.fault(28)
def test_a_file_that_becomes_unreadable_keeps_its_last_readable_version_searchable(
    library: Library, documents: Path
) -> None:
    library.sync()
    (documents / "prices.csv").write_bytes("ürün,fiyat\nşşşş,ğğğğ\n".encode()[:-2] + b"\n")
    report = library.sync()
    (result,) = (result for result in report.files if result.source == "prices.csv")
    assert result.outcome is Outcome.FAILED
    assert "its last readable version stays searchable" in result.reason
    assert result.chunks == 1
    assert "49 EUR" in "\n".join(texts(library, "Fellmark stove"))


def test_an_unreadable_file_survives_a_change_of_embedder_with_its_old_text_embedded_anew(
    make_library: Make, documents: Path
) -> None:
    make_library().sync()
    (documents / "prices.csv").write_bytes("ürün,fiyat\nşşşş,ğğğğ\n".encode()[:-2] + b"\n")
    other = LetterEmbedder("other letters")
    library = make_library(embedder_object=other)
    library.sync()
    assert any("49 EUR" in text for text in other.embedded)
    assert "49 EUR" in "\n".join(texts(library, "Fellmark stove"))


def test_a_file_that_becomes_empty_is_skipped_and_its_old_text_is_gone(
    library: Library, documents: Path
) -> None:
    library.sync()
    (documents / "prices.csv").write_bytes(b"")
    report = library.sync()
    assert outcomes(report) == {"policies/returns.md": "unchanged", "prices.csv": "skipped"}
    assert report.partial
    assert "49 EUR" not in "\n".join(texts(library, "Fellmark stove"))


@pytest.mark.fault(1)
def test_bad_files_are_reported_with_reasons_and_the_others_are_indexed(
    library: Library, documents: Path
) -> None:
    (documents / "empty.txt").touch()
    (documents / "x.pdf").mkdir()
    (documents / "dangling.md").symlink_to(documents / "nowhere.md")
    (documents / "picture.png").write_bytes(b"\x89PNG")
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of a PDF follows")
    report = library.sync()
    reasons = {
        result.source: (result.outcome.value, result.reason) for result in report.files if result.reason
    }
    assert reasons["empty.txt"] == ("skipped", "the file is empty")
    assert reasons["x.pdf"] == ("skipped", "a folder, although its name is that of a file")
    assert reasons["dangling.md"] == ("skipped", "a link that leads nowhere")
    assert reasons["picture.png"][1].startswith("files of type .png are not read; md, txt, csv")
    assert reasons["broken.pdf"][0] == "failed"
    assert report.counts[Outcome.INDEXED] == 2
    assert [problem.source for problem in library.status().problems] == sorted(reasons)


@pytest.mark.fault(33)
def test_another_embedder_is_noticed_by_its_fingerprint_and_a_sync_rebuilds(make_library: Make) -> None:
    make_library().sync()
    other = LetterEmbedder("other letters")
    library = make_library(embedder_object=other)
    with pytest.raises(
        UserError, match=r"made with the embedder letters .* now name other letters .*rungwise sync"
    ):
        library.search("stove")
    assert library.sync().embedded == 3
    assert library.search("stove")


def test_another_chunk_size_cuts_every_document_anew(make_library: Make, documents: Path) -> None:
    (documents / "long.txt").write_text(" ".join(f"Sentence {n} has words." for n in range(20)), "utf-8")
    make_library().sync()
    library = make_library(chunk_tokens=16)
    report = library.sync()
    assert set(outcomes(report).values()) == {"indexed"}
    assert max(len(chunk.text.split()) for chunk in library.chunks()) <= 16


def test_a_large_change_and_a_small_change_give_the_index_that_a_fresh_build_gives(
    make_library: Make, documents: Path, tmp_path: Path, embedder: LetterEmbedder
) -> None:
    for number in range(60):
        # Different letters, so that no two vectors are equal: among equal ones Chroma's order is a matter of chance.
        words = " ".join(
            letter * 2 for place, letter in enumerate(LETTERS) if (number + 5) >> (place % 6) & 1
        )
        (documents / f"{number}.txt").write_text(f"Item {number} costs {number * 7} coins. {words}", "utf-8")
    library = make_library(candidates=200)
    library.sync()
    (documents / "7.txt").write_text("Item 7 costs nothing.", "utf-8")
    (documents / "8.txt").unlink()
    (documents / "new.txt").write_text("Zebra item.", "utf-8")
    library.sync()
    with Library(documents, tmp_path / "fresh", library.settings, embedder) as fresh:
        fresh.sync()
        assert [c.id for c in library.chunks()] == [c.id for c in fresh.chunks()]
        for question in ("Item 7 costs", "zebra", "coins 49"):
            assert library.search(question, 20) == fresh.search(question, 20)


def test_searching_before_the_first_sync_says_which_command_to_run(library: Library) -> None:
    for call in (lambda: library.search("stove"), library.chunks):
        with pytest.raises(UserError, match=r"there is no index yet\. Run `rungwise sync`"):
            call()
    assert library.generation == 0
    assert not library.status().built
    assert not library.state.exists()


def test_an_empty_or_missing_documents_folder_is_a_sentence_and_builds_nothing(
    library: Library, documents: Path
) -> None:
    shutil.rmtree(documents)
    with pytest.raises(UserError, match=r"does not exist.*rungwise sync"):
        library.sync()
    documents.mkdir()
    with pytest.raises(UserError, match=r"the documents folder is empty.*rungwise sync"):
        library.sync()
    (documents / "picture.png").write_bytes(b"\x89PNG")
    with pytest.raises(
        UserError, match=r"none of its 1 files can be used as a document \(picture.png: files of"
    ):
        library.sync()
    assert not library.state.exists()


def test_a_folder_that_was_emptied_by_mistake_does_not_empty_the_library(
    library: Library, documents: Path
) -> None:
    library.sync()
    shutil.rmtree(documents)
    documents.mkdir()
    with pytest.raises(UserError, match="empty"):
        library.sync()
    assert library.search("Fellmark stove")


def test_chunks_larger_than_the_embedder_takes_are_refused_with_the_largest_that_fits(
    make_library: Make,
) -> None:
    library = make_library(chunk_tokens=64, embedder_object=LetterEmbedder(max_tokens=100))
    with pytest.raises(UserError, match="Set chunk_tokens to 36 or less"):
        library.sync()


def test_headings_too_long_for_the_embedder_are_shortened_so_that_the_text_is_never_cut(
    make_library: Make, documents: Path
) -> None:
    path = "\n\n".join(f"{'#' * level} {'word ' * 38}{level}" for level in range(1, 7))
    (documents / "deep.md").write_text(f"{path}\n\nThe text itself.\n", "utf-8")
    embedder = LetterEmbedder(max_tokens=128)
    make_library(embedder_object=embedder).sync()
    assert max(embedder.count_tokens(embedder.embedded)) <= 126
    assert any(text.endswith("\nThe text itself.") for text in embedder.embedded)


def test_status_counts_without_opening_an_index(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.sync()
    monkeypatch.setattr(
        "rag.indexing.index.IndexHome.open", lambda *arguments: pytest.fail("an index was opened")
    )
    status = library.status()
    assert (status.built, status.documents, status.chunks, status.generation) == (True, 2, 3, 1)
    assert status.embedder.startswith("letters ")
    assert status.size_bytes > 0


def test_progress_tells_every_stage_up_to_its_end(library: Library) -> None:
    told: list[tuple[str, int, int]] = []
    library.sync(lambda *step: told.append(step))
    last = {stage: (done, total) for stage, done, total in told}
    assert last == {"read": (2, 2), "embed": (3, 3), "index": (3, 3)}


def test_a_report_is_plain_json_values(library: Library) -> None:
    import json

    report = json.loads(json.dumps(library.sync().to_dict()))
    assert report["counts"]["indexed"] == 2
    assert json.loads(json.dumps(library.status().to_dict()))["documents"] == 2
