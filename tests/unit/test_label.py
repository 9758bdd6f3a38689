import pytest

from odoo.addons.pharma_lot_expiry.tools import label
from odoo.addons.pharma_lot_expiry.tools.chinese_font import chinese_font
from odoo.addons.pharma_lot_expiry.tools.label_code import data_matrix, qr_matrix

GS1 = "01069012345678921727053110A-17"


@pytest.fixture(scope="module")
def fonts():
    return label.Fonts(chinese_font("medium"), chinese_font("bold"))


def drawn(fonts, size="60x40", **values):
    text = {
        "title": "注射用头孢哌酮钠舒巴坦钠",
        "lines": ("1.5g(C25H27N9O8S2 0.75g与C8H11NO5S 0.75g) 1瓶/盒", "批号 A-17"),
        "big": "有效期至 2027-05-31",
        "qr": "L:17",
    }
    return label.draw(label.Label(**(text | values)), size, fonts)


def modules(picture, matrix, left, top, side):
    """The code read back from the picture, one dot in each module's middle."""
    count = len(matrix)
    module = label.dots(side) // count
    spare = (label.dots(side) - module * count) // 2
    x0, y0 = label.dots(left) + spare, label.dots(top) + spare
    return [
        [
            int(
                picture.getpixel(
                    (x0 + int((x + 0.5) * module), y0 + int((y + 0.5) * module))
                )
                == label.BLACK
            )
            for x in range(count)
        ]
        for y in range(count)
    ]


@pytest.mark.parametrize("size", label.SIZES)
def test_codes_are_printed_as_they_are(fonts, size):
    width, height = label.SIZES[size]
    picture = drawn(fonts, size, gs1=GS1)
    scale = height / 40
    left = width - label.MARGIN - 17 * scale
    matrix = qr_matrix("L:17")
    assert modules(picture, matrix, left, label.MARGIN, 17 * scale) == matrix
    matrix = data_matrix(GS1)
    place = (left + 3 * scale, label.MARGIN + 17 * scale + 1, 11 * scale)
    assert modules(picture, matrix, *place) == matrix


@pytest.mark.parametrize("size", label.SIZES)
@pytest.mark.parametrize("lines", [1, 12])
def test_nothing_is_printed_on_the_edge(fonts, size, lines):
    picture = drawn(fonts, size, lines=("生产企业 华北制药股份有限公司",) * lines)
    edge = label.dots(1)
    inside = (edge, edge, picture.width - edge, picture.height - edge)
    picture.paste(label.WHITE, inside)
    assert {pixel != 0 for pixel in picture.getdata()} == {True}


def test_sheets_hold_as_many_as_fit(fonts):
    picture = drawn(fonts)
    assert len(list(label.sheets([picture] * 21, "60x40"))) == 1
    assert len(list(label.sheets([picture] * 22, "60x40"))) == 2
