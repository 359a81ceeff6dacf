"""The words that names of people and addresses are told by: titles, labels, common names, words that are both, provinces.

Turkish and English. The commonest Turkish names are written here, because Faker's Turkish list holds the rare ones; the English
ones come from Faker. Everything is compared by `name_key`. Knows nothing of texts.
"""

from __future__ import annotations

import functools
import unicodedata

_I = str.maketrans({"İ": "i", "I": "i", "ı": "i"})


def name_key(word: str) -> str:
    """Return a word without case and marks, so that AYŞE, Ayşe and Ayse are one, and so are ILGAZ, Ilgaz and ılgaz."""
    plain = unicodedata.normalize("NFKD", word.translate(_I).casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def _keys(text: str) -> frozenset[str]:
    return frozenset(name_key(word) for word in text.split())


TITLES = _keys(
    "Sayın Sn Bay Bayan Dr Prof Doç Av Uzm Op Yrd Öğr Gör Mr Mrs Ms Miss Mx Sir Dame Lady Rev Madam Messrs Doctor Professor"
)
"""What stands before a name."""
COURTESIES = ("bey", "hanim", "beyefendi", "hanimefendi", "hoca", "teyze", "amca", "abla", "abi", "usta")
"""What stands behind a Turkish given name, as the beginning of an inflected word."""
COURTESY_ENDINGS = _keys(
    "- e i in le den de ye yi nin yle a la dan da nin m mi ma min mla ciğim ler lere lerin lar lara"
) | {""}
"""How these words may end."""
LABELS = (
    r"(?:ad[ıi]?|isim|ad[ıi]?[ /,]+(?:ve )?soyad[ıi]?|müşteri|hasta|yetkili|alıcı|gönderen|ilgili kişi|imza|çalışan|kiracı"
    r"|name|full name|customer|patient|contact|signed|recipient|sender|employee|tenant|attn\.?|cc)(?: ad[ıi])?\s{0,2}[:=]\s{0,2}"
    r"|(?:my name is|name's|signed by|written by|spoke to|spoke with|adım|ismim|soyadım)\s"
    r"|(?:dear|hi|hello|merhaba|selam|sevgili|kind regards|best regards|regards|sincerely|saygılarımla|sevgiler|selamlar)[ ,!]{1,3}\n?"
)
"""An expression for what says that a name follows."""
NOBODY = _keys(
    """müşteri müşterimiz müşterilerimiz yetkili ilgili ilgililer üye üyemiz üyelerimiz okur okurlar hasta veli veliler misafir
    misafirlerimiz ziyaretçi bakan bakanım başkan başkanım genel müdür müdürüm müdürü hocam vali kaymakam arkadaş arkadaşlar
    meslektaşım komşu ekip herkes there all team customer customers sir sirs madam friend friends colleague colleagues hiring
    manager guest guests resident residents support everyone folks reader readers neighbour neighbor mum mom dad parent parents"""
)
"""Who is spoken to and is nobody in particular."""
NO_NAME = _keys(
    """monday tuesday wednesday thursday friday saturday sunday january february march june july august september october november
    december pazartesi salı çarşamba perşembe cuma cumartesi pazar ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim
    kasım aralık the a an and or but of in on at to for from with by is are was were he she it we you they i my our your his her
    their this that these those who what when where why how which yes no not if as so then there here please thanks thank call ask
    tell write send see visit contact meet greet order orders did does do has have had can could will would should may might must
    bir bu şu o ve veya ama fakat çünkü ile için gibi kadar daha en çok az ne neden nasıl nerede kim hangi evet hayır değil var yok
    ben sen biz siz onlar bugün dün yarın şimdi sonra önce lütfen teşekkürler merhaba selam sevgili sayın dear hi hello regards
    sincerely kind best müşteri hasta yetkili adım ismim tel telefon adres address phone email e-posta mail no tc iban kart card
    manager director engineer müdür müdürü mühendis uzman avukat doktor doctor hemşire öğretmen teacher nurse sales support team
    office store shop company şirket şube mağaza firma sipariş fatura invoice yesterday today tomorrow now later also after before
    when while because since according geçen hafta ay yıl sabah akşam öğlen"""
)
"""Capital words that are no part of a name."""
NO_PERSON = _keys(
    """caddesi caddesinde caddesine cad cd sokak sokağı sokağında sk sok mahallesi mahallesinde mah mh bulvarı bulvarında blv
    üniversitesi hastanesi havalimanı lisesi okulu ilkokulu ortaokulu parkı meydanı köprüsü stadı stadyumu vakfı derneği müzesi
    camii apartmanı sitesi apt limited ltd şti holding inc llc gmbh plc corp co street road avenue lane drive boulevard
    university hospital airport school park square bridge foundation stadium museum college institute building house hall hotel
    otel oteli tower plaza centre center county city island lake river mount mountain award prize cup stove tent jacket ödülü"""
)
"""What stands behind a name that is a place's or a company's."""
DOES = _keys(
    "said says called bought wrote asked lives lived paid ordered complained aradı geldi dedi diyor istedi yazdı söyledi sordu "
    "oturuyor adına"
)
"""What follows a person and hardly anything else."""
AMBIGUOUS = _keys(
    """can deniz barış umut savaş güneş yağmur bahar gül çiçek toprak ada ay bulut doğa ela evren eylem ezgi fidan hazal irmak
    kaya koray mert nehir ocak okan onur onay özgür özge özlem öykü pınar rüya sevgi sevda şafak şirin tan tuna ufuk ümit yaprak
    yıldız zeytin su çınar duru ece alp aslan arslan bora cem derya devrim dilek efe ege emek eren esen fırat filiz gökçe güven
    hayat idil ilke ipek kardelen kumsal meltem menekşe mine nisan olcay ömür oya ozan sena serap sevinç sinem soner songül su
    tekin toygar tunç turgut yalçın yasemin yaşar yavuz yiğit zafer çağrı çetin demir kara kaplan koç kurt polat şahin
    şimşek taş toprak türk yaman yüksel zengin yıldırım aydın acar akın aktaş aksoy altın avcı ateş bal balcı başaran bilgin bulut
    candan ceylan çakır çelik çiftçi çoban dağ dal demirci dere deveci doğan duman durmaz er ercan erkek eser gökmen gümüş güneş
    güler güngör ince kaçar kahraman karaca keskin kılıç kırmızı kiraz koca korkmaz kuş kuzu mutlu oral orman öz özel özer
    pala parlak sağlam sarı savaş sevim sert sezer sönmez soylu taşçı tatlı tok tunç turan uçar ulu usta uysal uzun
    varol yalın yaz yazıcı yeşil yolcu yücel
    amber angel april art austin autumn bailey berry bill blake bob brandy brook brooke carol charity chase chelsea cheyenne
    christian christy clay cliff clinton cody cole crystal daisy dakota dale dallas dawn dean destiny diamond don drew dusty earl
    ebony faith fern forest frank gene georgia ginger glen grace grant guy harry hazel heath heather holly hope hunter iris ivy jack
    jade jasmine jay jean jersey jesus jewel jo jordan josh joy june kent kim lance lane lee leigh lily logan lou lucky madison
    mark marina mason max may melody mercedes mike miles misty montana morgan nick norman olive page paige paris parker pat patty
    pearl peg penny perry poppy preston randy raven ray reed rich rick ricky robin rod rose rosemary rosie ross ruby rusty sally sam
    sandy savannah sherry sierra skip sky skyler spencer stone storm sue summer sunny sydney tanner taylor ted terry tiffany tim
    troy victor victoria violet virginia warren wayne whitney will willow woody alexandria shelby trinity lacey ana ali
    ball banks barber bass bean beard bell bender best birch bird bishop black bond booker booth bowman branch bridges bright
    brooks brown browning buck bull burns bush butcher butler cannon carpenter case chambers cherry church cook cooper cross curry
    day decker drake duke dyer english farmer field fields finch fisher fleming fletcher flowers ford foster fox freeman french
    frost fuller gamble gates gay gentry glass glover golden good goodman graves gray green hale hall hamilton hampton hardy hart
    herring hill hodge holder holland holloway hood horn house houston hunt hurst key king knight lamb law leach lincoln little
    long lord love low lowe lynch major mann marks marsh mayo meadows mercer mills moody moon moss noble north oxford park parks
    parsons peacock pickering pitts pollard pope porter potter power powers price prince proctor riddle rivers roach rush savage
    sellers sexton sharp shepherd shields short singer skinner slater small smart snow sparks spears stafford stark steele stout
    strong summers swift sykes tate temple tucker turner valentine wade walker wall walls ward ware washington waters weaver
    webster weeks wells west wheeler white whitehead whitehouse wilder winter winters wise wolf wolfe wood woods woodward york
    young villa london boston lang mora rosa rosario santiago valencia li an ho yu le wu in"""
)
"""Names that are ordinary words, places or parts of both: by themselves they say nothing."""

_TURKISH_GIVEN = _keys(
    """Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Ramazan Halil Süleyman Abdullah Mahmut Recep
    Salih Fatih Kadir Emre Hakan Adem Kemal Yaşar Bekir Musa Metin Orhan Serkan Bayram Cemal Volkan Gökhan Burak Tolga Sinan Selim
    Erdal Erhan Erkan Ercan Engin Ferhat Furkan Halit Harun Hamza Hikmet İlhan İlker İrfan İsmet Kenan Kerem Levent Melih Mesut
    Muhammed Muhammet Muammer Muharrem Necati Nihat Nuri Oğuz Oğuzhan Okan Oktay Onur Rıza Sabri Sedat Selçuk Semih Serdar Serhat
    Taner Tarık Tayfun Tuncay Turgay Uğur Umut Vedat Veli Yasin Yunus Yılmaz Zeki Cengiz Cihan Cüneyt Davut Doğan Enes Eyüp Fikret
    Görkem Gürkan Haluk Hilmi Hüsnü İdris Kaan Koray Mert Mertcan Berk Berkay Batuhan Arda Alper Alperen Baran Barış Berat Bilal
    Bülent Caner Can Cem Çağlar Deniz Eren Efe Emir Emirhan Fırat Güven Ozan Polat Rüzgar Savaş Şahin Tamer Tekin Ufuk Ümit Yiğit
    Fatma Ayşe Emine Hatice Zeynep Elif Meryem Şerife Zehra Sultan Hanife Merve Havva Zeliha Esra Fadime Özlem Hacer Yasemin Hülya
    Cemile Sevim Gülsüm Leyla Dilek Büşra Aysel Songül Kübra Halime Esma Hayriye Aynur Döndü Emel Nurcan Rabia Sibel Filiz Serpil
    Tuğba Sevgi Nuray Betül Gamze Ebru Derya Pınar Selma Melek Gülay Şükran Nermin Perihan Nazlı Canan Gizem Gonca Güler Gülcan
    Hande Handan Hilal İlknur İpek İrem Jale Lale Mehtap Melike Meral Mine Müge Münevver Müzeyyen Nalan Necla Neriman Neslihan
    Nesrin Nevin Nihal Nilay Nilgün Nilüfer Nimet Nur Nurgül Nurhan Nuriye Oya Öykü Rukiye Saadet Saliha Seda Selin Sema Semra
    Senem Serap Sevda Sevil Sıla Sinem Şule Şeyma Tülay Türkan Ümmü Ümran Yeliz Yıldız Zübeyde Aslı Asuman Ayla Aylin Ayten Azra
    Bahar Banu Begüm Belgin Belma Berna Berrin Beyza Birgül Burcu Buse Ceren Ceyda Çiğdem Damla Defne Didem Dilara Duygu Ece Ecrin
    Eda Ela Elvan Esin Evrim Eylül Fatmagül Feride Feyza Figen Fulya Funda Gözde Gül Gülden Gülhan Gülsen Gülşah Gülten Güzin
    Makbule Nazan Mukaddes Naime Ayşegül Ayşenur Cansu Cevriye Zeki Rıfat Şükrü Hamdi Hayri Nazım Niyazi Cevat Ferit Sabahattin
    Nurettin Bahattin Şerafettin Fahrettin Necmettin Alaattin Abdurrahman Abdülkadir Ebubekir Kazım Kamil Rasim Remzi Raşit Şaban
    Şevket Tahir Tahsin Turhan Vahit Ziya Zülfü Yakup Yavuz Aykut Ayhan Aydın Atilla Attila Erol Ersin Ertuğrul Kürşat Mete Rahmi"""
)
_TURKISH_FAMILY = _keys(
    """Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt Özkan Şimşek
    Polat Özcan Korkmaz Çakır Erdoğan Yavuz Can Acar Aktaş Güneş Bozkurt Bulut Keskin Ünal Turan Gül Özer Işık Kaplan Avcı Sarı
    Tekin Taş Köse Yüksel Ateş Aksoy Bayram Erol Güler Uçar Tunç Karaca Duman Çoban Kahraman Uysal Güngör Ekinci Karataş Karakaya
    Karadağ Akgül Akın Albayrak Alkan Altun Aydoğan Ay Ayhan Bakır Başaran Baş Bayraktar Bilgin Bozdağ Candan Ceylan Cengiz Coşkun
    Çiftçi Dağ Demirci Demirel Demirtaş Deniz Dinç Durmaz Durmuş Duran Eker Erdem Ergin Ersoy Ertürk Genç Gök Gökçe Gündoğdu Gündüz
    Güven İnce Kalkan Karabulut Karagöz Karahan Kartal Kaya Keleş Kırmızı Koçak Kocaman Kuş Metin Orhan Oral Önal Öner Özçelik Öz
    Özgür Özmen Öztaş Parlak Sağlam Sevim Sezer Sönmez Soylu Şen Şener Taşkın Temel Toprak Topal Topçu Toker Türk Türkmen Uslu
    Ulusoy Uzun Varol Yalçın Yaman Yazıcı Yiğit Yücel Zengin Karaman Kaplan Turgut Tosun Pehlivan Mutlu Gültekin Gürbüz Günay
    Eroğlu Ekici Dursun Çınar Büyük Çolak Balcı Ayaz Atalay Ata Arı Akyüz Akyol Akkaya Akbulut Akça Alp Altıntaş Karakuş Kurtuluş"""
)
PROVINCES = (
    "Adana Adıyaman Afyonkarahisar Ağrı Aksaray Amasya Ankara Antalya Ardahan Artvin Aydın Balıkesir Bartın Batman Bayburt Bilecik "
    "Bingöl Bitlis Bolu Burdur Bursa Çanakkale Çankırı Çorum Denizli Diyarbakır Düzce Edirne Elazığ Erzincan Erzurum Eskişehir "
    "Gaziantep Giresun Gümüşhane Hakkâri Hatay Iğdır Isparta İstanbul İzmir Kahramanmaraş Karabük Karaman Kars Kastamonu Kayseri "
    "Kilis Kırıkkale Kırklareli Kırşehir Kocaeli Konya Kütahya Malatya Manisa Mardin Mersin Muğla Muş Nevşehir Niğde Ordu Osmaniye "
    "Rize Sakarya Samsun Siirt Sinop Sivas Şanlıurfa Şırnak Tekirdağ Tokat Trabzon Tunceli Uşak Van Yalova Yozgat Zonguldak"
).split()
"""The provinces of Turkey."""


@functools.cache
def given_names() -> frozenset[str]:
    """Return keys of common given names: by themselves they are names, but for those that are words, too."""
    from faker.providers.person import en_GB, en_US

    english = [*en_US.Provider.first_names, *en_GB.Provider.first_names]
    return _TURKISH_GIVEN | {name_key(name) for name in english}


@functools.cache
def rare_names() -> frozenset[str]:
    """Return keys of rare Turkish given names: many are words, so that only a family name behind one makes it a name."""
    from faker.providers.person import tr_TR

    return frozenset(name_key(name) for name in tr_TR.Provider.first_names)


@functools.cache
def family_names() -> frozenset[str]:
    """Return keys of family names."""
    from faker.providers.person import en_GB, en_US, tr_TR

    listed = [*en_US.Provider.last_names, *en_GB.Provider.last_names, *tr_TR.Provider.last_names]
    return _TURKISH_FAMILY | {name_key(name) for name in listed}
