"""The words that stand for a missing cell: one list, for files, frames and the command alike."""

from typing import Final

MISSING_WORDS: Final = (
    "",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
    "?",
    "\\N",
    "(null)",
    "[NULL]",
)
"""Missing in every column of text: pandas' own list, which has taken effect before anybody sees a frame, ``?``, and
what databases and their consoles write."""

MISSING_AMONG_NUMBERS: Final = (
    *MISSING_WORDS,
    "-",
    "--",
    "---",
    ".",
    "..",
    "...",
    "*",
    "–",  # an en dash, as spreadsheets write it
    "—",
    "…",
    "·",
    ":",  # Eurostat, with the flags that say why
    *(f":{blank}{flag}" for blank in ("", " ") for flag in "bcdefinprsuz"),
    "(NA)",
    "(D)",  # withheld, in tables of American offices
    "(X)",
    *("#DIV/0!", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#NAME?", "#SPILL!", "#CALC!", "#GETTING_DATA"),
    *("#BLOCKED!", "#BUSY!", "#CONNECT!", "#EXTERNAL!", "#FIELD!", "#PYTHON!", "#UNKNOWN!"),
    *("#DIV/0", "#ERROR!", "Loading..."),  # of Google's sheets
    *(f"Err:{code}" for code in (502, 503, 504, 508, 509, 511, 512, 519, 522)),  # of LibreOffice
    *("*" * width for width in range(2, 13)),  # of Fortran's fields too narrow to print
    *("####", "#####", "######", "#######", "########", "#########", "##########"),  # of columns too narrow to print
    *("#WERT!", "#ZAHL!", "#NV", "#BEZUG!", "#VALEUR!", "#NOMBRE!", "#NOM?", "#N/D", "#VALOR!", "#VALORE!"),
    *("#NOME?", "#RIF!", "#¡VALOR!", "#¡DIV/0!", "#¡NUM!", "#¡REF!", "#¿NOMBRE?", "#ЗНАЧ!", "#ДЕЛ/0!", "#Н/Д"),
    *(f".{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"),  # special missing values of SAS and Stata
    "<null>",
    *("0000-00-00", "0000-00-00 00:00:00", "0000-00-00T00:00:00", "00/00/0000", "00.00.0000"),  # of MySQL
    *("(empty)", "(blank)", "(none)", "(unknown)", "suppressed", "withheld", "confidential", "na."),
    *("k.a.", "k. a.", "keine angabe", "unbekannt", "nicht verfügbar", "brak", "brak danych", "inconnu", "desconocido"),
    *("sconosciuto", "onbekend", "okänd", "neznámé", "неизвестно", "нет данных"),
    *("<undefined>", "undefined", "unspecified", "not specified", "not applicable", "not reported", "blank", "empty"),
    *("tbd", "nat", "''", '""'),
    *("n. v.", "n. d.", "n. a.", "n/d", "n/k", "not known"),
    "n.v.",
    "s.d.",
    "missing",
    "n.a.",
    "na",
    "nd",
    "n.d.",
    "nil",
    "none",
    "not available",
    "nr",
    "unk",
    "unknown",
)
"""Missing where the other cells are numbers or dates, in capitals or not: elsewhere they may be categories."""
