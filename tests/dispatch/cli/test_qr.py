"""Sheets of codes for doors: what is printed can be scanned, and leads to the right door."""

import re
from pathlib import Path

import matplotlib as mpl
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from dispatch.cli.qr_sheets import CELL_HEIGHT, CELL_WIDTH, HEIGHT, MARGIN, WIDTH, Door, pdf, sheets, svg

BASE = "https://dd.example.cn"
VILLAGE = "141123100016"
DOT_MM = 0.1


def painted(text):
    """Paint the bars of an SVG as they are written, without any program that draws SVG."""
    image = Image.new("L", (round(WIDTH / DOT_MM), round(HEIGHT / DOT_MM)), 255)
    draw = ImageDraw.Draw(image)
    bars = re.search(r'<path d="([^"]*)" fill="#000000"', text)[1]
    for x, y, wide, high in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+z", bars):
        left, top = float(x) / DOT_MM, float(y) / DOT_MM
        draw.rectangle((left, top, left + float(wide) / DOT_MM - 1, top + float(high) / DOT_MM - 1), fill=0)
    return image


def scanned(image):
    """What a reader makes of a page, from the top left to the bottom right."""
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    cell = CELL_HEIGHT * image.height / HEIGHT
    margin = MARGIN * image.height / HEIGHT
    placed = sorted(
        (int((one.position.top_left.y - margin) / cell), one.position.top_left.x, one.text) for one in found
    )
    return [text for _, _, text in placed]


def doors(count):
    return [Door(f"C{n}", f"兴县 / 蔚汾镇 / 第{n}网格", f"{BASE}/q/C{n}") for n in range(count)]


@pytest.mark.parametrize("count", [1, 12, 13, 30])
def test_each_code_on_each_page_of_the_pdf_opens_its_door_and_names_it(tmp_path, count):
    file = tmp_path / "doors.pdf"
    made = doors(count)
    pdf(sheets(made), file, None)
    with pypdfium2.PdfDocument(file) as document:
        assert len(document) == -(-count // 12)
        pages = list(document)
        assert {tuple(round(side) for side in page.get_size()) for page in pages} == {(595, 842)}
        assert [text for page in pages for text in scanned(page.render(scale=2).to_pil())] == [
            one.address for one in made
        ]
        said = "".join(page.get_textpage().get_text_range() for page in pages)
    for one in made:
        assert one.path.rpartition(" / ")[2] in said
    assert said.count("扫一扫，我要点单") == said.count("110 · 119 · 120 · 122") == count


def test_each_code_of_an_svg_opens_its_door():
    made = doors(12)
    (page,) = sheets(made)
    assert scanned(painted(svg(page))) == [one.address for one in made]


@settings(max_examples=30, deadline=None)
@given(
    st.text("ABC0123456789", min_size=1, max_size=60),
    st.lists(st.text("甲乙<&AB", min_size=1, max_size=30), min_size=1, max_size=8),
)
def test_whatever_the_names_every_line_stays_within_its_cell(code, names):
    (page,) = sheets([Door(code, " / ".join(names), f"{BASE}/q/{code}")])
    for one in page.texts:
        wide = sum(one.size if ord(ch) > 0x2E7F else 0.56 * one.size for ch in one.text)
        assert wide <= CELL_WIDTH
        assert MARGIN < one.y < MARGIN + CELL_HEIGHT
    assert scanned(painted(svg(page))) == [f"{BASE}/q/{code}"]


def test_a_font_that_is_given_is_embedded(tmp_path):
    file, face = tmp_path / "doors.pdf", Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    pdf(sheets(doors(1)), file, face)
    assert b"/FontFile2" in file.read_bytes()
    pdf(sheets(doors(1)), file, None)
    assert b"/FontFile2" not in file.read_bytes()


def test_all_grids_of_a_level_below_a_village_are_printed(grid_dispatch, county_url, county_world, tmp_path):
    file = tmp_path / "doors.pdf"
    arguments = ("--below", VILLAGE, "--level", "3", "--base", BASE + "/", "-o", str(file))
    done = grid_dispatch("qr", *arguments, url=county_url)
    assert (done.returncode, done.stderr) == (0, "")
    places, tree = county_world.places, county_world.tree
    village = places.coded(VILLAGE).id
    wanted = [f"{BASE}/q/{tree.grid(one).code}" for one in tree.children(village)]
    assert len(wanted) == 7
    with pypdfium2.PdfDocument(file) as document:
        assert scanned(document[0].render(scale=2).to_pil()) == wanted


@pytest.mark.parametrize(
    ("arguments", "warned"),
    [
        (("-o", "d.pdf"), True),
        (("-o", "d.pdf", "--font", str(Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf")), False),
        (("-o", "d.svg"), False),
    ],
)
def test_a_pdf_whose_chinese_is_the_readers_own_says_so(grid_dispatch, county_url, arguments, warned):
    done = grid_dispatch("qr", VILLAGE, "--base", BASE, *arguments, url=county_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("PDF 未嵌入中文字体" in done.stdout) == warned


def test_svg_has_a_file_for_each_sheet(grid_dispatch, county_url, tmp_path):
    done = grid_dispatch(
        "qr", VILLAGE, "--below", VILLAGE, "--base", BASE, "-o", str(tmp_path / "d.svg"), url=county_url
    )
    assert (done.returncode, done.stderr) == (0, "")
    files = sorted(tmp_path.glob("d-*.svg"), key=lambda one: int(one.stem[2:]))
    found = [text for file in files for text in scanned(painted(file.read_text(encoding="utf-8")))]
    assert len(found) == len(set(found))
    assert found[0] == f"{BASE}/q/{VILLAGE}"
    assert f"{len(found)} 个二维码，{len(files)} 张" in done.stdout


def test_an_address_that_no_phone_reaches_is_warned_of(grid_dispatch, county_url, tmp_path):
    done = grid_dispatch("qr", VILLAGE, "-o", str(tmp_path / "d.svg"), url=county_url)
    assert done.returncode == 0
    assert "http://127.0.0.1:8080" in done.stderr
    assert scanned(painted((tmp_path / "d.svg").read_text())) == [f"http://127.0.0.1:8080/q/{VILLAGE}"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "请给出网格编码"),
        (("nowhere",), "没有网格 nowhere"),
        ((VILLAGE, "-o", "d.png"), "须以 .pdf 或 .svg 结尾"),
        ((VILLAGE, "--base", "dd.example.cn"), "--base 须为 http 或 https 地址"),
        (("--below", VILLAGE, "--level", "1", "--base", BASE), "没有符合条件的网格"),
        ((VILLAGE, "--base", BASE, "--font", "none.ttf"), "字体 none.ttf 不能嵌入"),
    ],
)
def test_what_cannot_be_printed_is_said(grid_dispatch, county_url, tmp_path, arguments, said):
    done = grid_dispatch("qr", *arguments, url=county_url)
    assert done.returncode == 1
    assert said in done.stderr
    assert not list(tmp_path.glob("*.pdf"))
