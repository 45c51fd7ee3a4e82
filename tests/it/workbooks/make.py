"""Makes the workbooks of this folder. Needs openpyxl, xlwt and msoffcrypto-tool from PyPI, and LibreOffice's soffice.

    python3 make.py

Every one of them holds the same list; README.md says which program wrote which.
"""

import datetime
import io
import subprocess
import sys
from pathlib import Path

import msoffcrypto.format.ooxml
import openpyxl
import xlwt

HERE = Path(__file__).parent
SOFFICE = sys.argv[1:] or ["soffice", "--headless"]


def rows():
    """What stands in the first column; None is a blank cell."""
    return [
        "Telefon",
        "+998901234567",
        998901234568,
        901234569.0,
        '="+99890123"&"4570"',
        None,
        datetime.date(2025, 1, 31),
        True,
        "90 123-45-71",
        None,
        "9.98901E+11",
        "=998901234500+72",
    ]


def with_openpyxl():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Mijozlar"
    for line, value in enumerate(rows(), 1):
        sheet.cell(line, 1, value)
        sheet.cell(line, 2, f"Mijoz {line}")
        sheet.cell(line, 3, 998900000000 + line)
    sheet["A4"].number_format = "00 000-00-00"
    sheet.merge_cells("A9:A10")
    book.create_sheet("Boshqa")["A1"] = "+998909999999"
    book.save(HERE / "openpyxl.xlsx")


def with_xlwt():
    book = xlwt.Workbook()
    sheet = book.add_sheet("Mijozlar")
    date = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    for line, value in enumerate(rows()):
        if isinstance(value, datetime.date):
            sheet.write(line, 0, value, date)
        elif line == 8:
            sheet.write_merge(8, 9, 0, 0, value)
        elif value is not None and not str(value).startswith("="):
            sheet.write(line, 0, value)
        sheet.write(line, 1, f"Mijoz {line + 1}")
    book.add_sheet("Boshqa").write(0, 0, "+998909999999")
    book.save(str(HERE / "xlwt.xls"))


def with_libreoffice():
    for kind in ("ods", "xls", "xlsx"):
        out = HERE / "made"
        command = [*SOFFICE, "--convert-to", kind, "--outdir", str(out), str(HERE / "openpyxl.xlsx")]
        subprocess.run(command, check=True, timeout=120)
        (out / f"openpyxl.{kind}").rename(HERE / f"libreoffice.{kind}")
        out.rmdir()


def with_password():
    encrypted = io.BytesIO()
    with (HERE / "openpyxl.xlsx").open("rb") as plain:
        msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt("sir", encrypted)
    (HERE / "msoffcrypto.xlsx").write_bytes(encrypted.getvalue())


with_openpyxl()
with_xlwt()
with_libreoffice()
with_password()
