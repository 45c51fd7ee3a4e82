"""Makes the workbooks of contacts in this folder. Needs openpyxl and xlwt from PyPI.

    python3 make_contacts.py

Both hold the same contacts; README.md says which program wrote which.
"""

import datetime
from pathlib import Path

import openpyxl
import xlwt

HERE = Path(__file__).parent
NAMES = ["firstName", "lastName", "phone", "dateOfBirth", "customData (JSON string)", "notes", "City"]


def rows():
    """None is a blank cell."""
    born = datetime.date(1990, 1, 15)
    return [
        NAMES,
        ["Alisher", "Valijonov", 998901234567, born, '{"totalDebt": 5420.50}', "VIP", "Toshkent"],
        ["Olim", None, "90 123-45-68", "sometime", None, None, None],
        [None] * 7,
        [None, None, None, None, None, "nobody", None],
    ]


def with_openpyxl():
    book = openpyxl.Workbook()
    for row in rows():
        book.active.append(row)
    book.save(HERE / "contacts-openpyxl.xlsx")


def with_xlwt():
    book = xlwt.Workbook()
    sheet = book.add_sheet("Mijozlar")
    date = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    for line, row in enumerate(rows()):
        for column, value in enumerate(row):
            if isinstance(value, datetime.date):
                sheet.write(line, column, value, date)
            elif value is not None:
                sheet.write(line, column, value)
    book.save(str(HERE / "contacts-xlwt.xls"))


if __name__ == "__main__":
    with_openpyxl()
    with_xlwt()
