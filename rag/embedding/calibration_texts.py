"""Questions and passages in our own words, on which a faster encoder has to find what the exact one finds.

Forty topics, each told of twelve made-up things: a question's eleven nearest rivals say the same about something else,
so that small errors of the vectors change the ranking. Knows nothing of encoders.
"""

from __future__ import annotations

from collections.abc import Sequence

NAMES = (
    "Velmora", "Tarnwick", "Osterlund", "Kestrel Bay", "Brindlecote", "Aldenmoor",
    "Sorrel & Pike", "Nordhavn", "Quillfield", "Maruvia", "Hexley Row", "Dunmarrow",
)  # fmt: skip
"""What the topics are told of."""

_AMOUNTS = (12, 45, 7, 90, 30, 18, 64, 21, 150, 5, 36, 75)
_DAYS = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    "the first of May", "New Year", "the last Friday", "Midsummer", "a public holiday",
)  # fmt: skip
_ROOMS = (
    "the cellar", "cabinet K-7", "the north hall", "the green shed", "room 214", "the reading room",
    "the east gate", "the boiler house", "bay 9", "the attic", "the glass pavilion", "the old stable",
)  # fmt: skip
_PEOPLE = (
    "Ms Farrow", "Mr Odell", "Dr Ilves", "Ms Karaca", "Mr Brandt", "Ms Okoye",
    "Mr Lindqvist", "Ms Haddad", "Dr Moreau", "Mr Tanaka", "Ms Petrov", "Mr Doyle",
)  # fmt: skip

# {n}: the thing's name, {a}: an amount, {d}: a day, {r}: a place, {p}: a person. A question shares few words with its
# passage, since words that are shared are found by any vectors.
_TOPICS: tuple[tuple[str, str], ...] = (
    ("Goods bought from {n} may be sent back within {a} days, unworn and with the receipt.",
     "How long do I have to return something to {n}?"),
    ("The {n} office opens at nine and stays shut on {d}.", "When is {n} closed?"),
    ("Visitors of {n} leave their cars behind {r}; {a} spaces are kept free.", "Where can I park at {n}?"),
    ("A day ticket for {n} costs {a} euros, children pay half.", "What is the price of admission to {n}?"),
    ("Complaints about {n} are read by {p}, who answers within a week.", "Who deals with a bad experience at {n}?"),
    ("The spare keys of {n} hang in {r}.", "I locked myself out of {n}, where do I find another key?"),
    ("{n} delivers parcels to the islands on {d}, weather permitting.", "On which day does {n} ship to the islands?"),
    ("The warranty of every {n} product lasts {a} months and covers seams and zips.",
     "For how long is a {n} product guaranteed?"),
    ("Staff of {n} may work from home after agreeing on it with {p}.", "Whose permission do I need to stay at home at {n}?"),
    ("New employees at {n} get {a} days of paid leave in their first year.", "How much holiday does a beginner have at {n}?"),
    ("The fire drill at {n} takes place on {d}; everybody gathers at {r}.", "Where do we meet when the alarm rings at {n}?"),
    ("To reset a forgotten password, {n} sends a code that is valid for {a} minutes.",
     "How soon does the login code of {n} expire?"),
    ("{p} has led the {n} workshop since it was founded.", "Who is in charge of the workshop at {n}?"),
    ("Boots repaired by {n} are ready after {a} working days.", "How long does {n} take to mend shoes?"),
    ("The printer paper of {n} is stored in {r}.", "Where does {n} keep supplies for the copier?"),
    ("Travel costs above {a} euros are approved at {n} by {p}.", "Who signs off an expensive trip at {n}?"),
    ("{n} gives students a reduction of {a} percent on presenting a card.", "Is there a discount for pupils at {n}?"),
    ("Dogs are welcome at {n} except in {r}.", "May I bring my pet to {n}?"),
    ("Lost property at {n} is handed to {p} and kept for {a} days.", "I left my umbrella at {n}, whom do I ask?"),
    ("The lift of {n} is inspected every year on {d}.", "When is the elevator at {n} checked?"),
    ("Gift vouchers of {n} can be redeemed for {a} months after purchase.", "When does a present card from {n} run out?"),
    ("{n} rents out tents for {a} euros a night, pegs included.", "What do I pay to borrow a shelter from {n}?"),
    ("Rainwater at {n} is collected in a tank of {a} thousand litres below {r}.", "How big is the cistern of {n}?"),
    ("The canteen of {n} serves fish on {d}.", "When is seafood on the menu at {n}?"),
    ("Invoices to {n} are paid {a} days after they arrive.", "What are the payment terms of {n}?"),
    ("Photographs for the press are released by {p} on behalf of {n}.", "From whom do journalists get pictures of {n}?"),
    ("A first aid box can be found in {r} of {n}.", "Somebody cut a finger at {n}, where are the plasters?"),
    ("The choir of {n} rehearses on {d} in {r}.", "When does {n} sing together?"),
    ("Machines at {n} may run for {a} hours before the oil is changed.", "How often does {n} need to replace the lubricant?"),
    ("{n} keeps personal data of applicants for {a} days, then erases it.", "How long does {n} store my job application?"),
    ("Orders from {n} above {a} euros are sent free of charge.", "From which amount is shipping free at {n}?"),
    ("The summer party of {n} is organised by {p} in {r}.", "Who plans the annual celebration at {n}?"),
    ("Guided walks of {n} start at {r} and take {a} minutes.", "Where do the tours of {n} begin?"),
    ("The bicycles of {n} are lent to members against a deposit of {a} euros.",
     "How much security do I leave for a bike from {n}?"),
    ("Backups of the {n} servers are made on {d} and checked by {p}.", "Which day are files saved at {n}?"),
    ("The wi-fi name and code for guests of {n} are posted in {r}.", "How do visitors of {n} get on the internet?"),
    ("{n} collects old batteries in {r} and brings them to a recycler.", "Where can used cells be dropped at {n}?"),
    ("A membership of {n} ends {a} days after it is cancelled in writing.", "What is the notice period of {n}?"),
    ("Tomatoes are sown at {n} {a} days before the last frost is expected.", "When should seeds be planted at {n}?"),
    ("The night watch of {n} is done by {p}, who can be reached through {r}.", "Who guards {n} after dark?"),
)  # fmt: skip


def pairs() -> tuple[Sequence[str], Sequence[str]]:
    """Return questions and passages of one length: question i is answered by passage i and by no other."""
    questions, passages = [], []
    for topic, (passage, question) in enumerate(_TOPICS):
        for place, name in enumerate(NAMES):
            told = {
                "n": name, "a": _AMOUNTS[(place + topic) % 12], "d": _DAYS[(place + 2 * topic) % 12],
                "r": _ROOMS[(place + 3 * topic) % 12], "p": _PEOPLE[(place + 5 * topic) % 12],
            }  # fmt: skip
            passages.append(passage.format(**told))
            questions.append(question.format(**told))
    return questions, passages


def mixed(count: int) -> list[str]:
    """Return so many texts of mixed length, from one sentence to sixteen, for timing and for agreement."""
    passages = pairs()[1]
    lengths = (1, 4, 2, 8, 3, 1, 16, 5)
    return [
        " ".join(passages[(place * 37 + step * 13) % len(passages)] for step in range(lengths[place % 8]))
        for place in range(count)
    ]
