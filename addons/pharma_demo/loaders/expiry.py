"""Who was told of lots near their end, what was done, and what customers agreed to."""

from odoo.fields import Command

from .papers import render

# Department, kind of robot; the addresses lead nowhere.
ROBOTS = (
    ("sale", "dingtalk", "https://oapi.robot.example/robot/send?access_token=demo"),
    ("warehouse", "wecom", "https://qyapi.robot.example/cgi-bin/webhook/send?key=demo"),
)
# What each department did about last week's task; the others are still open.
DONE = {
    ("WH1", "sale"): ("seller", "已列入本月促销清单，3 个月内的批号与客户逐一确认。"),
    ("WH1", "warehouse"): ("keeper", "已移至近效期区并挂牌，按先到期先出发货。"),
    ("WH1", "quality"): ("qa", "已核对台账与实物，1 个月内批号通知停售。"),
    ("WH2", "purchase"): ("purchaser", "与供货方协商退换货，剩余 9 个月以上不退。"),
}
CONSENTS = (
    ("B041", 2, "连锁门店周转快，客户书面同意接收，两周内销完。", "granted"),
    ("B001", 3, "医院科室急用，客户盖章同意接收近效期药品。", "granted"),
    ("B017", 4, "诊所来函，同意接收剩余 3 个月以上的批号。", "requested"),
    ("B029", 1, "药店口头同意，回函补寄中。", "refused"),
)


def load(world):
    _set_notices(world)
    _tell(world, -9)
    _see_to_it(world)
    _tell(world, -1)
    _ask_consents(world)
    world.partners["B002"].pharma_min_life_months = 12


def _set_notices(world):
    notices = world.model("pharma.expiry.notice", "qa_manager")
    for department, kind, url in ROBOTS:
        notices.create(
            {
                "department": department,
                "webhook_kind": kind,
                "webhook_url": url,
                "webhook_secret": kind == "dingtalk" and "SECdemo0000000000",
            }
        )
    notices.create(
        {
            "department": "quality",
            "warehouse_id": world.warehouses["WH2"].id,
            "user_ids": [Command.set(world.users["qa"].ids)],
            "is_only_listed": True,
        }
    )


def _tell(world, offset):
    """The nightly look of that day."""
    moment = world.moment(world.day(offset), 6, 10)
    digests = world.env["pharma.expiry.digest"]
    with world.at(moment):
        for warehouse in world.warehouses.values():
            digests._tell_of(warehouse)
            warehouse.expiry_told_date = moment


def _see_to_it(world):
    tasks = world.env["pharma.expiry.digest"].search([("state", "=", "open")])
    for task in tasks:
        done = DONE.get((task.warehouse_id.code, task.department))
        if not done:
            continue
        login, remark = done
        task = world.acting(login, task)
        task.write({"remark": remark})
        with world.at(world.moment(world.day(-7), 16, 30)):
            task.action_close()


def _ask_consents(world):
    for code, index, reason, state in CONSENTS:
        (_row, lot), buyer = world.near_lots[index], world.partners[code]
        proof = world.model("ir.attachment", "seller").create(
            {
                "name": f"近效期药品接收同意函_{buyer.name}.pdf",
                "raw": _letter(buyer, lot),
            }
        )
        consent = world.model("pharma.life.consent", "seller").create(
            {
                "partner_id": buyer.id,
                "kind": "lot",
                "lot_id": lot.id,
                "min_months": 0,
                "reason": reason,
                "attachment_ids": [Command.set(proof.ids)],
            }
        )
        if state == "granted":
            world.acting("qa", consent).action_grant()
        elif state == "refused":
            world.acting("qa", consent).action_refuse()


def _letter(buyer, lot):
    rows = [
        ("客户", buyer.name),
        ("品名", lot.product_id.name),
        ("批号", lot.name),
        ("有效期至", lot.expiry_date),
    ]
    return render("近效期药品接收同意函", rows, buyer.name)
