"""The words that synthetic documents are made of, in two worlds that share no name, attribute or rare word.

A *training* world and a *held-out* world: what is measured on the second was not learned by heart from the first. Knows
nothing of sentences or dialogues.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """The word lists of one world."""

    onsets: tuple[str, ...]
    """How a syllable of a made-up name starts."""
    rimes: tuple[str, ...]
    """How a syllable of a made-up name goes on."""
    modifiers: tuple[str, ...]
    """First words of attribute phrases ("annual", "spare-part")."""
    nouns: tuple[str, ...]
    """Last words of attribute phrases ("charge", "limit")."""
    things: tuple[str, ...]
    """What a named product is ("stove")."""
    subjects: tuple[str, ...]
    """Who or what a rule is about ("members")."""
    acts: tuple[str, ...]
    """What a rule allows or forbids, as a verb phrase ("return opened items")."""
    verbs: tuple[str, ...]
    """What a named thing does with an amount, as a bare verb ("hold")."""
    objects: tuple[str, ...]
    """What the amount counts ("litres of water")."""
    cities: tuple[str, ...]
    """Endings of place names ("ford")."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.replace("\n", " ").split(",") if phrase.strip())


TRAINING = Vocabulary(
    onsets=_words(
        "b br bl c cr cl d dr f fl fr g gr gl h j k kl l m n p pl pr qu r s st str sk sl t tr v w z th sh"
    ),
    rimes=_words(
        "ar en il on ul or an er im ash eck ond ell ira ova une ade ist orn ack ett um ax el ant ick ow ane ora in us "
        "ald enn ost ev ap ino ema ular oth ill and oss erin ask umb"
    ),
    modifiers=_phrases(
        "annual, monthly, weekly, daily, total, basic, minimum, maximum, average, first, final, standard, extra, "
        "late, early, regional, internal, online, printed, written, digital, public, private, shared, paid, open, "
        "normal, seasonal, winter, summer, weekend, evening, group, family, student, senior, member, guest, staff, "
        "spare-part, repair, cleaning, storage, shipping, packing, customs, parking, booking, joining, training, "
        "support, sample, starter, premium, silver, gold, partner, reserve, refund, transfer, network, water, fuel, "
        "power, heat, travel, meal, hotel, phone, safety, security, quality, test, trial, launch, review, audit, "
        "contract, project, team, office, night, single, double, long-term, short-term, front, rear, upper, lower, "
        "left, right, inner, outer, return, pickup, home, express, bulk, remote"
    ),
    nouns=_phrases(
        "charge, fee, price, cost, rate, limit, level, period, time, date, term, code, number, name, address, "
        "contact, manager, target, budget, discount, deposit, bonus, allowance, share, size, length, width, height, "
        "weight, depth, volume, capacity, speed, range, strength, pressure, temperature, colour, material, version, "
        "model, format, type, class, grade, score, count, quota, window, deadline, duration, frequency, interval, "
        "distance, room, desk, shelf, floor, gate, supplier, owner, sponsor, editor, language, currency, tax, "
        "insurance, licence, permit, warranty, guarantee, password, channel, plan, slot, payment, instalment, credit, "
        "penalty, tariff, dose, yield, output, demand, stock, delay, key, setting, reference"
    ),
    things=_phrases(
        "kettle, heater, drill, printer, scanner, router, camera, speaker, monitor, keyboard, blender, mixer, oven, "
        "fridge, washer, vacuum, tent, stove, lamp, backpack, jacket, boot, bicycle, helmet, pump, ladder, saw, "
        "mower, desk, chair, sofa, shelf, mattress, pillow, blanket, watch, phone, tablet, laptop, charger, battery, "
        "cable, sensor, valve, filter, engine, trailer, scooter, kayak, paddle, rope, torch, grill, pan, knife, "
        "bottle, flask, mug, cooler, hammock, tarp, compass, map, ski, sled, glove, hat, scarf, sock, course, service"
    ),
    subjects=_phrases(
        "Customers, Members, Employees, Visitors, Guests, Students, Interns, Managers, Drivers, Contractors, Teachers, "
        "Parents, Volunteers, Suppliers, Partners, Tenants, Patients, Readers, New users, Team leads, Part-time staff, "
        "Full-time staff, Remote workers, Store staff, Club members, Registered users, Trial users, Returning customers, "
        "Business customers, Online orders, Large orders, Custom-made items, Opened packages, Damaged goods, Used parts, "
        "Gift cards, Sale items, Rental items, Digital products, Heavy parcels, Spare keys, Travel claims, Sick notes"
    ),
    acts=_phrases(
        "return opened items, book a room, bring a guest, work from home, pay by card, pay in cash, cancel an order, "
        "change the address, ask for a refund, use the gym, park behind the building, borrow a laptop, order spare parts, "
        "collect the parcel, join the loyalty club, extend the rental, exchange the size, claim travel costs, "
        "take unpaid leave, request a new badge, open a ticket, reset the password, share the account, download the "
        "report, export the data, install the app, rent a bicycle, test the equipment, visit the workshop, enter the "
        "warehouse, use the coupon, combine discounts, reserve a table, move the booking, renew the contract, print the "
        "label, send the form, repair the device, replace the battery, keep the old key, be shipped abroad, be returned, "
        "be exchanged, be refunded, be repaired, be picked up, be stored overnight, be sold online, be handed over"
    ),
    verbs=_words(
        "hold use need weigh cover carry produce store charge support last take cost serve reach save print fit include "
        "require burn move lift handle offer accept process deliver employ contain"
    ),
    objects=_phrases(
        "litres of water, kilos of sand, pages per minute, hours of music, metres of cable, people, users, boxes, parcels, "
        "guests, cups of coffee, bags of flour, files, photos, watts of power, bolts, screws, batteries, seats, orders, "
        "students, bottles, sheets of paper, letters, degrees of heat, tonnes of gravel, square metres of floor, "
        "kilometres of road, rows of data, steps, lamps, coins, towels, plants, minutes of work, days of use"
    ),
    cities=_words("ford ton ham bury wick stead field haven dale port bridge mouth gate worth"),
)

HELD_OUT = Vocabulary(
    onsets=_words("v vl y n dw sm sn sp spr m r gw l ch ph kr"),
    rimes=_words("ylo adi orv esk ubi aff ewn ight oda ursa elm omb itz ake irl ough yst ené igo arp"),
    modifiers=_phrases(
        "quarterly, overnight, initial, combined, optional, spoken, rural, urban, autumn, spring, morning, child, couple, "
        "visitor, welding, painting, freight, harbour, archive, tuition, catering, laundry, lighting, coastal, festival"
    ),
    nouns=_phrases(
        "surcharge, ceiling, threshold, timetable, allotment, rebate, stipend, thickness, radius, humidity, brightness, "
        "voltage, label, category, rank, cutoff, backlog, turnout, locker, platform, curator, dialect, levy, "
        "subscription, toll"
    ),
    things=_phrases(
        "canoe, toaster, projector, telescope, lantern, wagon, anvil, loom, easel, harmonica, globe, kiln"
    ),
    subjects=_phrases(
        "Apprentices, Residents, Cyclists, Pensioners, Auditors, Wholesalers, Season-ticket holders, Fragile goods, "
        "Signed copies, Frozen goods, Group bookings, Weekend shifts"
    ),
    acts=_phrases(
        "skip the queue, swap a shift, hire a locker, lend the tools, record the talk, bring a dog, pay by invoice, "
        "appeal a decision, be delivered on Sundays, be resold, be insured, camp on the lawn, tour the archive"
    ),
    verbs=_words("seat absorb emit recycle display generate feed shelter rinse sort"),
    objects=_phrases(
        "jars of honey, barrels of oil, tickets, bricks, candles, sacks of grain, visitors per hour, spools of thread, "
        "grams of dust, lumens of light"
    ),
    cities=_words("mere combe shaw thorpe ness"),
)

FIRST_NAMES = _words(
    "Mira Tomas Elif Jonas Ada Ravi Lena Omar Petra Hugo Nadia Kaan Ines Oskar Selin Bruno Freya Milo Asli Viktor Dora "
    "Emre Clara Felix Zeynep Leo Marta Ivan Noor Stefan"
)
MONTHS = _words("January February March April May June July August September October November December")
WEEKDAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
COLOURS = _phrases(
    "red, blue, green, black, white, grey, orange, yellow, purple, brown, dark green, light grey, navy blue"
)
MATERIALS = _phrases(
    "steel, aluminium, oak, pine, cotton, wool, leather, glass, copper, nylon, titanium, bamboo, rubber"
)
CURRENCIES = _phrases("EUR, EUR, EUR, USD, TL, GBP, CHF")


_CONSONANTS = _words(
    "b c d f g h j k l m n p q r s t v w x y z ch th sh ph gh sch kn wr ts ck rk nd mp rt lf gw dw"
)
_VOWELS = _words("a e i o u y ai au ea ee ei ie oa oo ou ue ua io ya é ö ü ı")
_HELD_OUT_RIMES = frozenset(HELD_OUT.rimes)


def _free(rng: random.Random) -> str:
    """Return letters in any order that can be said, without a syllable of the held-out world.

    Names of a few dozen syllables alone teach to copy those syllables; these teach to copy.
    """
    while True:
        made = "".join(
            rng.choice(("", rng.choice(_CONSONANTS)))
            + rng.choice(_VOWELS)
            + rng.choice(("", rng.choice(_CONSONANTS)))
            for _ in range(rng.choice((1, 2, 2, 3)))
        )
        if len(made) > 2 and not any(rime in made for rime in _HELD_OUT_RIMES):
            return made


def name(rng: random.Random, vocabulary: Vocabulary) -> str:
    """Return a made-up name of one to three syllables ("Fellmark")."""
    if vocabulary is TRAINING and rng.random() < 0.5:
        return _free(rng).capitalize()
    count = rng.choice((1, 2, 2, 2, 3))
    made = "".join(rng.choice(vocabulary.onsets) + rng.choice(vocabulary.rimes) for _ in range(count))
    return made.capitalize()


_MORE = _words(
    "advance adult alarm amount angle animal answer apple area arrival article autumnal balance band bank barrel basic bath "
    "battery bean bench bill birth blade board body book border bread brand break breakfast brick bridge brush building "
    "button cabin cake calendar call camera candle care carpet carton case ceremony chain change chapel check cheese "
    "chemical child choice church circle city claim class clean clock cloth cloud coach coast coat coffee collection "
    "company competition concert copy corner cotton council country cover craft credit crew crop crowd culture cup "
    "current custom cycle dairy damage dance data delivery dental depot design diet dinner direction display district "
    "document dog door draft drawing dress drink driver early east edge edition education egg electric email energy entry "
    "envelope estate event evening exam exchange exit export express fabric factory fair farm fast favourite feature fence "
    "field file film final fire fish flat flight flower food foot forest frame fresh front fruit full funding garden gas "
    "gift glass grain grant grass green ground guide hand harvest health heavy high holiday honey horse hospital hot house "
    "ice income index indoor insect island issue item job journey juice kids kitchen lake land large leather lesson letter "
    "library lift light line loan local long lunch machine mail main market media medical meeting member metal milk mobile "
    "modern mountain museum music name native nature new news noise north notice novel ocean old opening order organic "
    "outdoor page paint paper parent park part party path pay peak people pet photo piano picnic picture place plant plate "
    "play pocket police pool poor port post potato pottery press print prize product program quick rail rain rapid raw "
    "ready real record red region relay report rest ring river road rock roof round route row royal rural salt sand sauce "
    "school science sea seat second seed senior shade shop short show signal silk simple site skin sleep small snow soap "
    "social soft soil song sound soup south space special sport spot square stage station steam stone storm street strong "
    "studio style sugar sun supply surface sweet swim table tall tea teacher team tenant text theatre thin tile timber tool "
    "top tour tower town toy track trade train tree truck vegetable vehicle video village visit voice wage walk wall wash "
    "waste wedding west wheel white wide wild wind window wine wood work world yard year young zone"
)


_VERBS = _words(
    "accept add allow answer ask bake bind block boil bolt borrow build burn buy call cancel carry change charge check choose "
    "claim clean climb close collect come connect cook copy count cover cross cut deal deliver depend dig draw drive drop dry "
    "earn end enter escort expire fasten fetch fill find finish fit fix fold follow freeze gather get give glue grow guard "
    "guide hand hang heat help hide hold insert inspect join keep kick label land last lead leave lift load lock lose make "
    "mark measure meet melt mix mount move name need open order pack paint park pass pay pick place plan plant play polish "
    "post pour press print protect pull push put raise reach read receive refund remove rent repair replace reply report "
    "request reserve rest return ride ring roll run scan seal search sell send serve set share sharpen ship shout show sign "
    "sit sleep slide split stamp stand start stay stop store stretch strike supply swim switch take teach tell test throw tie "
    "touch track trade train travel treat trim turn unlock use visit wait wake walk warm wash watch water wear weigh work "
    "wrap write"
)
_HELD_OUT_WORDS = frozenset(
    _words(
        " ".join(
            part for name in ("modifiers", "nouns", "things", "verbs") for part in getattr(HELD_OUT, name)
        )
    )
)
_ODD = tuple(word for word in _MORE if word not in _HELD_OUT_WORDS)


def blend(rng: random.Random) -> str:
    """Return the start of one word with the end of another: letters as English has them, in an order it has not."""
    while True:
        first, second = rng.choice(_ODD), rng.choice(_ODD)
        made = (
            first[: rng.randint(2, max(2, len(first) - 1))]
            + second[-rng.randint(2, max(2, len(second) - 1)) :]
        )
        if made not in _HELD_OUT_WORDS:
            return made


def odd_word(rng: random.Random) -> str:
    """Return a word that no list of attributes or things has: an English one, a blend of two, or a made-up one."""
    return rng.choices((lambda: rng.choice(_ODD), lambda: blend(rng), lambda: _free(rng)), weights=(6, 2, 2))[
        0
    ]()


def verb(rng: random.Random) -> str:
    """Return a verb in its bare form, as the training world's free sentences use it."""
    return rng.choice(_VERBS)


def plain_word(rng: random.Random, vocabulary: Vocabulary) -> str:
    """Return a made-up lower-case word, as a language unknown to the model would have it."""
    return name(rng, vocabulary).lower()
