"""Credit codes whose check digit is wrong: what sales asked QA and what QA answered."""

from odoo.fields import Command

from .documents import Paper, page_values

REASON = "已在国家企业信用信息公示系统核对，登记证号与证照一致，附查询截图，申请放行。"
# Buyer, answer, by whom, days since it was asked.
REQUESTS = (
    ("B022", "granted", "qa", 95),
    ("B025", "refused", "qa_manager", 12),
    ("B012", "withdrawn", "qa", 130),
    ("B036", "requested", None, 1),
    ("B039", "requested", None, 0),
)


def load(world):
    overrides = world.model("pharma.gate.override", "seller").create(
        [_prepare_values(world, code) for code, *_answer in REQUESTS]
    )
    for override, (_code, answer, login, _days) in zip(
        overrides, REQUESTS, strict=True
    ):
        _answer(world, override, answer, login)
    asked = {
        override.id: world.moment(world.day(-days), 9, 30)
        for override, (*_rest, days) in zip(overrides, REQUESTS, strict=True)
    }
    decided = {
        override.id: world.moment(world.day(-days), 14, 10)
        for override, (_code, answer, _login, days) in zip(
            overrides, REQUESTS, strict=True
        )
        if answer != "requested"
    }
    world.backdate(overrides, create_date=asked, decided_date=decided)


def _prepare_values(world, code):
    partner = world.partners[code]
    page = Paper("REGISTER_PRINT", partner, number=partner.uscc, issue=world.today)
    return {
        "check_id": world.env.ref("pharma_gsp.pharma_gate_check_uscc_checksum").id,
        "target_model": partner._name,
        "target_id": partner.id,
        "cure_model": partner._name,
        "cure_id": partner.id,
        "sentence": f"{partner.name}的统一社会信用代码 {partner.uscc} 校验位不正确。",
        "reason": REASON,
        "attachment_ids": [
            Command.create({**page_values(page), "res_model": "pharma.gate.override"})
        ],
    }


def _answer(world, override, answer, login):
    if answer == "requested":
        return
    decision = world.acting(login, override)
    if answer == "refused":
        decision.action_refuse()
        return
    decision.action_grant()
    if answer == "withdrawn":
        decision.action_withdraw()
