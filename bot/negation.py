"""Seeing whether a text says "not": clear signs, and the many weaker ones that stand for it in another language."""

from __future__ import annotations

from bot.wordlists import compiled

_CLEAR = {
    "en": compiled("not never cannot nobody nothing do_no no_one", r"n[’']t\b"),
    "nl": compiled("niet geen nooit niemand niets verboden"),
    "fr": compiled(
        "jamais interdit interdite interdits interdites",
        r"\b(?:ne\s|n[’'])\P{P}{1,40}?\b(?:pas|jamais|rien|personne|aucune?)\b",
    ),
    "pt": compiled("não nunca ninguém proibid*"),
    "es": compiled("no nunca nadie prohibid*"),
    "tr": compiled(
        "değil* yok yoktur asla yasak*", r"\p{L}(?:m[ae]y[ıiae]n|m[aeıiuü]yor|m[ae]d[ıi]|m[ae]mal[ıi]|m[ae]mel[ıi])"
    ),
    "ar": compiled("لم لن ليس* ممنوع* يمنع", r"(?<!\p{L})[وف]?لا(?! (?:[يت]زال|سيما|بد|تقل|يقل))(?!\p{L})"),
}
"""Signs that hardly ever stand for anything but "not"."""

_WEAK = {
    "en": compiled(
        "no none nor without unable neither avoid* lack* fail* free_of prevent* stop* prohibit* only few little hardly"
        " unless except instead refus* forbid* rather absen* cease* still yet but *less",
        r"\b(?:un|in|im|ir|dis|non-?|mis)\p{L}{3,}",
    ),
    "nl": compiled(
        "zonder nergens noch vermijd* verbied* geen* nauwelijks weinig tenzij behalve alleen slechts maar gebrek* stop*"
        " voorkom* mislukt* *loos *loze *vrij",
        r"\bon\p{L}{3,}",
    ),
    "fr": compiled(
        "ne non pas rien personne aucun aucune sans ni évit* interdi* manqu* absence empêch* sauf seul* peu arrêt*"
        " cess* refus* plutôt encore toujours mais prév*",
        r"\bn[’']",
        r"\b(?:in|im|ir|non-?|dés|mal)\p{L}{3,}",
    ),
    "pt": compiled(
        "nenhum* nada sem nem jamais evit* proíb* proib* falt* exceto apenas só somente pouc* deix* imped* ausência"
        " ainda mas prev* recus*",
        r"\b(?:in|im|ir|des|dis)\p{L}{3,}",
    ),
    "es": compiled(
        "ningun* ningún nada sin ni jamás tampoco evit* prohib* prohíb* falt* excepto salvo sol* sólo poc* dej* impid*"
        " imped* ausencia aún todavía sino pero prev*",
        r"\b(?:in|im|ir|des|dis)\p{L}{3,}",
    ),
    "tr": compiled(
        "hiç* olmadan kaçın* önle* sadece yalnız* ancak engel* eksik* henüz hala hâlâ yok* ne",
        r"\p{L}(?:m[ae]y\p{L}|m[ae]d|m[aeıiuü]yor|m[ae]z|m[ae]m|sız|siz|suz|süz|m[ae](?:\b|l[ıi]))",
    ),
    "ar": compiled(
        "لا ما غير بدون دون عدم بلا ألا إلا تجنب* منع* يمنع* تمنع* فقط انعدام نقص توقف قبل لكن سوى عوض* بدل بدلا بدلاً"
        " مستحيل* نادر* قل* أقل ألّا لئلا امتن* وقاية"
    ),
}
"""Besides, what another language may have turned a clear "not" into."""


def only_one_denies(before: str, before_language: str, after: str, after_language: str) -> str | None:
    """The "not" that one of two texts says clearly while nothing in the other could mean it."""
    if before_language not in _CLEAR or after_language not in _CLEAR:
        return None
    for one, one_language, other, other_language in (
        (before, before_language, after, after_language),
        (after, after_language, before, before_language),
    ):
        said = _CLEAR[one_language].search(one)
        if said and not _CLEAR[other_language].search(other) and not _WEAK[other_language].search(other):
            return said[0]
    return None
