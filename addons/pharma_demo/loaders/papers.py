"""The scanned pages of the demo: a small PDF per paper, plainly marked as a sample."""

from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A5
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"  # a standard CJK font of every PDF viewer: nothing to embed
INK, SEAL, PALE = HexColor("#1f2d3d"), HexColor("#c0392b"), HexColor("#e4e4e4")
TITLES = {
    "DIST_LICENCE": "药品经营许可证",
    "PROD_LICENCE": "药品生产许可证",
    "DEVICE_LICENCE": "医疗器械经营许可证",
    "BUSINESS_LICENCE": "营业执照",
    "LEGAL_PERSON_CERT": "事业单位法人证书",
    "ANNUAL_REPORT": "企业年度报告公示",
    "GXP_CERT": "药品 GMP/GSP 证书",
    "SEAL_SPECIMEN": "印章印模样式",
    "NOTE_SPECIMEN": "随货同行单样式",
    "BANK_PROOF": "开户信息证明",
    "QUALITY_AGREEMENT": "质量保证协议",
    "MAH_REGISTRATION": "持有人药品注册证明",
    "AGENT_LETTER": "进口药品全国总代理授权书",
    "COLD_CAPABILITY": "冷链验证报告与承运协议",
    "PRACTICE_LICENCE": "医疗机构执业许可证",
    "CLINIC_FILING": "诊所备案凭证",
    "PURCHASE_CARD": "麻醉药品、第一类精神药品购用印鉴卡",
    "RAD_PERMIT": "放射性药品使用许可证",
    "OTHER_PERMIT": "业务许可批件",
    "SPECIAL_DESIGNATION": "麻醉药品和精神药品定点经营批件",
    "THIRD_PARTY_PAYMENT": "第三方付款协议",
    "SITE_VISIT": "实地考察报告",
    "APPROVAL": "药品注册证书",
    "DEVICE_CERT": "医疗器械注册证",
    "QUALITY_STANDARD": "药品质量标准",
    "LABEL_SAMPLE": "包装、标签、说明书实样",
    "TEST_REPORT": "检验报告书",
    "MAKER_LICENCE": "生产企业药品生产许可证",
    "IMPORT_NOTE": "进口药品通关单",
    "SPECIAL_PERMIT": "特殊药品生产批件",
    "LETTER": "法人授权委托书",
    "ID_COPY": "居民身份证复印件",
    "REGISTER_PRINT": "企业信用信息公示系统查询结果",
}

pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def render(title, rows, holder):
    """One page: title, what the paper says, a seal, and that it is a sample."""
    stream = BytesIO()
    width, height = A5
    page = Canvas(stream, pagesize=A5, invariant=True)
    page.setTitle(title)
    page.setStrokeColor(INK)
    page.rect(24, 24, width - 48, height - 48)
    _watermark(page, width, height)
    page.setFillColor(INK)
    page.setFont(FONT, 20 if len(title) < 12 else 14)
    page.drawCentredString(width / 2, height - 90, title)
    page.setFont(FONT, 11)
    for number, (label, value) in enumerate(rows):
        page.drawString(56, height - 150 - 26 * number, f"{label}：{value}"[:46])
    _seal(page, width - 110, 110, holder)
    page.save()
    return stream.getvalue()


def _watermark(page, width, height):
    page.saveState()
    page.setFillColor(PALE)
    page.setFont(FONT, 40)
    page.translate(width / 2, height / 2)
    page.rotate(35)
    page.drawCentredString(0, 0, "演示样张 仅供演示")
    page.restoreState()


def _seal(page, x, y, holder):
    page.setStrokeColor(SEAL)
    page.setFillColor(SEAL)
    page.circle(x, y, 48)
    page.setFont(FONT, 8)
    for line, text in enumerate((holder[:10], holder[10:20], "★", "演示专用章")):
        page.drawCentredString(x, y + 18 - 14 * line, text)
