"""A drill that is over and a recall that runs since yesterday, against the clock."""

from datetime import timedelta

from odoo.fields import Command

from .papers import render
from .trace_codes import MIDDLE, must_fit, scan
from .trade import validate

REASON = "持有人通知：留样检出可见异物，决定对该批次实施一级召回，立即停止销售和使用。"
DRILL_REASON = "年度模拟召回演练：假定该批号含量测定不合格，检验通知、清单与回收流程。"
DRILL_CONCLUSION = (
    "演练按时完成：库存锁定、客户清单与通知均在时限内；"
    "两家客户联系人信息需更新，已整改。"
)
INSTRUCTION = (
    "请立即停止销售和使用所列批号，就地封存，"
    "并回复现有、已用、已退数量；我公司上门取货。"
)
RUNNING_HOURS = 26
DRILL_DAYS = 38
# How far each customer is; the others got their mail only.
NO_EMAIL = ("B006", "B031")
BOUNCED = "B010"
READ = ("B003", "B020")
# Answers: share on hand and used of what they got; the rest is on its way back.
ANSWERS = {
    "B041": (0.5, 0.5, "已下架封存，等待取货。"),
    "B002": (0.6, 0.4, "病区已停用，药库封存。"),
    "B017": (1.0, 0.0, "未拆封，全部封存。"),
    "B043": (0.5, 0.5, "下游药店已通知停售。"),
    "B005": (0.0, 1.0, "已全部使用，未见不良反应报告。"),
}
FETCHED = ("B017", "B002")
CALLED = ("B029", "phone", "齐店长电话确认已停售，正在清点。")


def load(world):
    _run_drill(world)
    recall = _start(world)
    _let_mails_leave(world, recall)
    _hear_customers(world, recall)
    _fetch(world, recall)
    _report(world, recall)


def _run_drill(world):
    """On the lot most customers have, six weeks ago."""
    ((lot, _count),) = world.env["pharma.lot.flow"]._read_group(
        [("kind", "=", "delivery"), ("lot_id", "!=", world.coded["lots"][0].id)],
        ["lot_id"],
        ["partner_id:count_distinct"],
        order="partner_id:count_distinct desc, lot_id",
        limit=1,
    )
    moment = world.moment(world.day(-DRILL_DAYS), 9, 30)
    with world.at(moment):
        drill = _create(
            world,
            "2",
            moment,
            {
                "is_drill": True,
                "source": "own",
                "reason": DRILL_REASON,
                "lot_ids": [Command.set(lot.ids)],
            },
        )
        drill.action_start()
    with world.at(moment + timedelta(hours=5)):
        _report_to(world, drill, "公司质量领导小组", "演练进行中，客户清单已核对。")
    with world.at(moment + timedelta(hours=30)):
        world.acting("quality_head", drill).finish("closed", DRILL_CONCLUSION)


def _create(world, level, moment, values):
    recall = world.model("pharma.recall", "qa").create(
        {
            "class_id": world.env.ref(
                f"pharma_lot_expiry.pharma_recall_class_{level}"
            ).id,
            "notice_date": moment,
            "instruction": INSTRUCTION,
            **values,
        }
    )
    world.backdate(recall, create_date={recall.id: moment})
    return recall


def _start(world):
    """The holder's notice came yesterday; ten minutes later everything stood still."""
    lot = world.coded["lots"][0]
    holder = lot.product_id.mah_id or lot.manufacturer_id
    notice = _notice(world, lot, holder)
    for code in NO_EMAIL:
        world.partners[code].email = False
    world.coded["orders"].partner_id.user_id = world.users["seller"]
    for partner in world.coded["orders"].partner_id - _partners(world, NO_EMAIL):
        partner.email = partner.email or f"{partner.ref.lower()}@kehu.example"
    moment = world.env.cr.now() - timedelta(hours=RUNNING_HOURS)
    with world.at(moment + timedelta(minutes=10)):
        recall = _create(
            world,
            "1",
            moment,
            {
                "source": "mah",
                "source_partner_id": holder.id,
                "reason": REASON,
                "lot_ids": [Command.set(lot.ids)],
                "attachment_ids": [Command.set(notice.ids)],
            },
        )
        recall.action_start()
    holds = recall.hold_ids
    started = moment + timedelta(minutes=10)
    for name in ("placed_date", "create_date"):
        world.backdate(holds, **{name: dict.fromkeys(holds.ids, started)})
    return recall.with_env(world.env)


def _partners(world, codes):
    return world.env["res.partner"].union(*(world.partners[code] for code in codes))


def _notice(world, lot, holder):
    rows = [("品名", lot.product_id.name), ("批号", lot.name), ("召回级别", "一级召回")]
    return world.model("ir.attachment", "qa").create(
        {
            "name": f"药品召回通知_{lot.name}.pdf",
            "raw": render("药品召回通知", rows, holder.name),
            "mimetype": "application/pdf",
        }
    )


def _customer(recall, partner):
    return recall.customer_ids.filtered(lambda line: line.partner_id == partner)


def _let_mails_leave(world, recall):
    """What the mail queue did; nothing leaves a demo."""
    mails = world.env["mail.mail"].search(
        [("recall_customer_id", "in", recall.customer_ids.ids)]
    )
    failed = mails.filtered(
        lambda mail: mail.recall_customer_id.partner_id == world.partners[BOUNCED]
    )
    with world.at(recall.started_date + timedelta(minutes=4)):
        (mails - failed)._postprocess_sent_message([], [])
        failed._postprocess_sent_message(
            [], [], "收件服务器拒收：邮箱不存在", "mail_email_invalid"
        )
    mails.exists().unlink()


def _hear_customers(world, recall):
    started = recall.started_date
    for number, code in enumerate((*READ, *ANSWERS), 1):
        partner = world.partners[code]
        with world.at(started + timedelta(minutes=47 * number)):
            _customer(recall, partner)._stamp_read(f"{partner.name} 药品负责人")
    for number, (code, answer) in enumerate(ANSWERS.items(), 1):
        with world.at(started + timedelta(minutes=390 + 55 * number)):
            _answer(recall, world.partners[code], answer)
    code, channel, note = CALLED
    with world.at(started + timedelta(hours=7)):
        customer = _customer(recall, world.partners[code])
        world.acting("seller", customer)._note_contact(channel, note)
    _customer(recall, world.partners["B006"])._escalate(world.env.cr.now())


def _answer(recall, partner, answer):
    on_hand, used, remark = answer
    customer = _customer(recall, partner)
    quantities = {
        line.id: {
            "on_hand": round(line.due_qty * on_hand),
            "used": line.due_qty - round(line.due_qty * on_hand),
            "sent_back": 0,
        }
        for line in customer.line_ids
    }
    customer._take_reply(quantities, remark, f"{partner.name} 药品负责人")


def _fetch(world, recall):
    """Returns are made; two came back into quarantine this morning."""
    world.acting("qa", recall).action_create_returns()
    came = recall.picking_ids.filtered(
        lambda picking: (
            picking.recall_customer_id.partner_id in _partners(world, FETCHED)
        )
    )
    for back in came:
        texts = world.coded["texts"][back.recall_customer_id.partner_id]
        packs = round(sum(back.move_ids.mapped("product_uom_qty"))) // MIDDLE
        must_fit(scan(world, "receiver", back, texts[:packs]))
    came.move_ids.picked = True
    validate(world.acting("receiver", came))


def _report_to(world, recall, whom, text):
    world.model("pharma.recall.progress", "qa").create(
        {"recall_id": recall.id, "sent_to": whom, "text": text}
    )


def _report(world, recall):
    with world.at(recall.started_date + timedelta(hours=22)):
        _report_to(
            world,
            recall,
            recall.source_partner_id.name,
            "首日进展：库存已全部锁定，客户通知已发出，部分客户已反馈并安排取回。",
        )
