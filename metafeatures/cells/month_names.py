"""Names of months in the languages that many tables are written in, in full and as they are shortened."""

import unicodedata
from types import MappingProxyType
from typing import Final

_NAMES: Final = (
    "jan january januar janvier enero gennaio janeiro januari ene gen janv styczen sty leden led ianuarie",
    "feb february februar fevrier febrero febbraio fevereiro februari fev fevr luty lut unor februarie",
    "mar march marz maerz mars marzo marco maart mrz mrt maa marzec brezen martie",
    "apr april avril abril aprile avr abr kwiecien kwi duben dub aprilie",
    "may mai mayo maggio maio mei mag maj kveten kve",
    "jun june juni juin junio giugno junho giu czerwiec cze cerven iunie",
    "jul july juli juillet julio luglio julho juil lug lipiec lip cervenec iulie",
    "aug august aout agosto augustus ago augusti sierpien sie srpen srp",
    "sep sept september septembre septiembre settembre setembro set wrzesien wrz zari septembrie",
    "oct october oktober octobre octubre ottobre outubro okt ott out pazdziernik paz rijen octombrie",
    "nov november novembre noviembre novembro listopad lis noiembrie",
    "dec december dezember decembre diciembre dicembre dezembro dez dic des desember grudzien gru prosinec decembrie",
)
_CYRILLIC: Final = (
    "янв январь января",
    "фев февраль февраля",
    "мар март марта",
    "апр апрель апреля",
    "май мая",
    "июн июнь июня",
    "июл июль июля",
    "авг август августа",
    "сен сент сентябрь сентября",
    "окт октябрь октября",
    "ноя нояб ноябрь ноября",
    "дек декабрь декабря",
)


def _bare(name: str) -> str:
    """A name without accents, in small letters."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))


_NUMBER_OF: Final = MappingProxyType(
    {
        _bare(name): number
        for names_of in (_NAMES, _CYRILLIC)
        for number, names in enumerate(names_of, start=1)
        for name in names.split()
    }
)


def month_of(name: str) -> int:
    """The number of a month, from 1; 0 for what names none.

    Args:
        name: In any of the languages, in capitals or not, with its accents or without.
    """
    return _NUMBER_OF.get(_bare(name).replace("\N{LATIN SMALL LETTER L WITH STROKE}", "l"), 0)
