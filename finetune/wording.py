"""How the rules of a form are put into words: one sentence for each thing that a form can ask for, in several wordings.

A wording says the same rules otherwise. Which one a model keeps best is measured, never known. Knows nothing of a form's values,
of passages or of models.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """The sentences of a form's rules; `{}` stands for the form's own value."""

    opening: str
    """What every answer begins with."""
    closing: str
    """What it ends with."""
    words: str
    """How many words it may have."""
    word: str
    """The same where only one is allowed."""
    schema: str
    """The JSON Schema that it fits."""
    labels: str
    """The labels of which it is one."""
    pattern: str
    """The regular expression that it matches."""
    citations: str
    """That it names its passages; the one without a value."""
    forbid: str
    """What it never says."""
    or_: str
    """What stands between two forbidden phrases."""
    abstain: str
    """What it says when the documents do not tell."""


ENGLISH = Wording(
    opening='Begin every answer with "{}".',
    closing='End every answer with "{}".',
    words="Use at most {} words.",
    word="Use at most {} word.",
    schema="Answer with JSON only, which fits this JSON Schema: {}",
    labels="Answer with one of these labels and nothing else: {}.",
    pattern="Every answer must match the regular expression {} .",
    citations="Name the passage after each fact, like [1].",
    forbid="Never write {}.",
    or_=" or ",
    abstain="When the documents do not tell, answer only: {}",
)
"""The usual one: what the starter, and every adapter that was not told otherwise, was trained on."""

TERSE = Wording(
    opening='Begin: "{}".',
    closing='End: "{}".',
    words="Words: {} at most.",
    word="Words: {} at most.",
    schema="JSON only, of this schema: {}",
    labels="One label, nothing else: {}.",
    pattern="Match the regular expression {} .",
    citations="Cite, like [1].",
    forbid="Not: {}.",
    or_=", ",
    abstain="Not in the documents? Only: {}",
)

EXPLICIT = Wording(
    opening='The first words of every answer must be exactly these, with nothing before them: "{}".',
    closing='The last words of every answer must be exactly these, with nothing after them: "{}".',
    words="Count the words: an answer must not have more than {} of them, its first and last words included.",
    word="Count the words: an answer must not have more than {} of them.",
    schema="The whole answer must be one JSON value, without any text around it, and fit this JSON Schema: {}",
    labels="The whole answer must be one of these labels, copied letter by letter, without any other word: {}.",
    pattern="The whole answer must be written so that this regular expression finds something in it: {} .",
    citations="Right after each fact, write the number of the passage that it was read in, in brackets, like [1].",
    forbid="These phrases must not stand anywhere in an answer: {}.",
    or_=", ",
    abstain="If no document says what was asked, do not guess; the whole answer must then be exactly this: {}",
)

POSITIVE = Wording(
    opening='Start with "{}".',
    closing='Finish with "{}".',
    words="Keep it to {} words or fewer.",
    word="Keep it to {} word.",
    schema="Write pure JSON that fits this JSON Schema: {}",
    labels="Choose exactly one of these labels: {}.",
    pattern="Write it so that it matches the regular expression {} .",
    citations="Give the passage's number with each fact, like [1].",
    forbid="Choose other words than {}.",
    or_=" and ",
    abstain="Where the documents are silent, say just this: {}",
)
"""What to do, and nowhere what not to: models are said to overlook a "not"."""

TURKISH = Wording(
    opening='Her cevaba "{}" ile başla.',
    closing='Her cevabı "{}" ile bitir.',
    words="En çok {} kelime kullan.",
    word="En çok {} kelime kullan.",
    schema="Yalnızca şu JSON Schema'ya uyan JSON ile cevap ver: {}",
    labels="Yalnızca şu etiketlerden biriyle cevap ver, başka bir şey yazma: {}.",
    pattern="Her cevap şu düzenli ifadeye uymalıdır: {} .",
    citations="Her bilginin ardına geldiği parçanın numarasını yaz, örneğin [1].",
    forbid="Şunları asla yazma: {}.",
    or_=", ",
    abstain="Belgeler söylemiyorsa yalnızca şu cevabı ver: {}",
)
