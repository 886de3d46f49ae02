"""A "not" that one of two texts says."""

from __future__ import annotations

import pytest

from bot.translation.gate.checks import check
from tests.translation.gate.judged import codes


@pytest.mark.parametrize(
    ("source", "target", "source_language", "target_language", "found"),
    [
        ("Neem dit geneesmiddel niet.", "Take this medicine.", "nl", "en", ["(negation)"]),
        ("Take this medicine.", "Prenez pas ce médicament jamais.", "en", "fr", ["(negation)"]),
        ("Do not take this medicine.", "Ne prenez pas ce médicament.", "en", "fr", []),
        ("Do not go out.", "Dışarı çıkmayın.", "en", "tr", []),
        ("Do not go out.", "Dışarı çıkın.", "en", "tr", ["(negation)"]),
        ("No salgáis de casa.", "Fiquem em casa.", "es", "pt", ["(negation)"]),
        ("Komen is verboden.", "الحضور ممنوع.", "nl", "ar", []),
        ("Vergeet uw tas niet.", "Bring your bag without fail.", "nl", "en", []),
        (
            "Do not go out. It is important to stay in.",
            "Sortez. Il est important de rester.",
            "en",
            "fr",
            ["(negation)"],
        ),
        ("Drink water. Do not drink alcohol.", "Non, buvez de l'eau. Buvez de l'alcool.", "en", "fr", ["(negation)"]),
        ("Avoid the bus and do not run.", "Évitez le bus et courez.", "en", "fr", ["(negation)"]),
        ("Avoid the bus and do not run.", "Évitez le bus et abstenez-vous de courir sans raison.", "en", "fr", []),
        ("Don't forget your bag.", "Recuerde su bolsa.", "en", "es", []),
        ("Do not drink the water.", "Пейте воду.", "en", "ru", ["(negation)"]),
        ("Do not drink the water.", "Не пейте воду.", "en", "ru", []),
        ("It is not possible today.", "Сьогодні це неможливо.", "en", "uk", []),
        ("Do not drink the water.", "پانی پئیں۔", "en", "ur", ["(negation)"]),
        ("Do not drink the water.", "پانی نہ پئیں۔", "en", "ur", []),
        ("Some routes are not open.", "تُمنع بعض الطرق.", "en", "ar", []),
        ("Drink op maandag water.", "Не пейте воду в понедельник.", "nl", "ru", ["(negation)"]),
        ("The computer is still busy.", "Компьютер ещё не готов.", "en", "ru", []),
        ("Компьютер ещё занят.", "The computer is not ready.", "ru", "en", []),
        ("You can drink this water.", "Dieses Wasser kann man nicht trinken.", "en", "de", ["(negation)"]),
        ("Questa acqua è buona.", "Dit water is niet goed.", "it", "nl", ["(negation)"]),
        ("Ta woda jest dobra.", "This water is not good.", "pl", "en", ["(negation)"]),
        ("این آب خوب است.", "This water is not good.", "fa", "en", ["(negation)"]),
        ("You can come without papers.", "Vous pouvez venir avec vos papiers.", "en", "fr", ["(negation)"]),
        ("You can come without papers.", "Vous pouvez venir sans papiers.", "en", "fr", []),
        ("You can come without papers.", "Vous n'avez pas besoin de papiers.", "en", "fr", []),
        ("Kom met uw papieren.", "Ve a la oficina sin tus papeles.", "nl", "es", ["(negation)"]),
        ("However, it is open.", "Sin embargo, está abierto.", "en", "es", []),
        ("Unsafe water is not for children.", "Небезопасная вода для детей.", "en", "ru", ["(negation)"]),
        ("Unsafe water is not for children.", "Небезопасная вода не для детей.", "en", "ru", []),
        ("Dirty water is important.", "L'eau sale n'est pas importante.", "en", "fr", ["(negation)"]),
        ("Ask whether you may come.", "Demandez si vous pouvez venir ou non.", "en", "fr", []),
        ("Ask if you may come.", "اسأل إن كان بإمكانك الحضور أم لا.", "en", "ar", []),
        ("There is nobody.", "No hay nadie.", "en", "es", []),
        ("None is lost.", "No se pierde ninguno.", "en", "es", []),
        ("Is this about K7?", "Tani ma waxay ku saabsan tahay K7, mise: waa wax cusub?", "en", "so", []),
    ],
)
def test_a_not_on_one_side_only_is_a_warning(
    source: str, target: str, source_language: str, target_language: str, found: list[str]
) -> None:
    assert codes(source, target, source_language, target_language) == found


def test_the_doubt_about_a_not_shows_what_stands_around_it() -> None:
    source = "Ouders van kinderen die naar school gaan, mogen dit middel niet geven zonder eerst een arts te bellen."
    target = "Parents of children who still go to school may give this medicine after they have called a doctor first."
    (found,) = check(source, target, "nl", "en")
    assert found.detail == "… school gaan, mogen dit middel niet geven zonder eerst een arts te …"
    (found,) = check("Neem dit niet.", "Take this.", "nl", "en")
    assert found.detail == "Neem dit niet."
