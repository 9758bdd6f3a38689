"""What happened since the orders: papers ended, files were stopped or reopened."""

from datetime import timedelta

from .dossiers import applicant, approve, product_states, state_of

SUSPENSIONS = {
    "S04": "抽检不合格，因质量投诉暂停采购，待整改报告。",
    "B014": "收货地址变更未备案，暂停销售，待补充证明。",
    "B028": "诊所备案信息核查中，暂停销售。",
}
# Partners whose master data changed, so that QA has to look again (FA-04).
CHANGES = {
    "S13": {"legal_representative": "石建国"},
    "B023": {"street": "樊城区沿江大道 270 号"},
}
PRODUCT_SUSPENSION = "国家药监局发布召回通知，暂停购销。"


def load(world):
    _let_papers_end(world)
    _suspend(world)
    _change_partners(world)
    _change_products(world)


def _let_papers_end(world):
    """The day passed: no user can do this, so SQL does (nobody's orders are undone)."""
    documents = world.env["pharma.document"].browse(world.true_ends)
    world.backdate(
        documents,
        expiry_date=world.true_ends,
        issue_date={i: end - timedelta(days=365) for i, end in world.true_ends.items()},
    )


def _suspend(world):
    for kind, rows in (("supplier", world.suppliers), ("buyer", world.buyers)):
        for row in rows:
            if state_of(row) == "suspended":
                dossier = world.dossiers[row["code"], kind]
                world.acting("qa", dossier).decide(
                    "suspended", SUSPENSIONS[row["code"]]
                )
    for code, state in product_states(world).items():
        if state == "suspended":
            dossier = world.dossiers[code, "product"]
            world.acting("qa_manager", dossier).decide("suspended", PRODUCT_SUSPENSION)


def _change_partners(world):
    for code, values in CHANGES.items():
        login = "purchaser" if code.startswith("S") else "seller"
        world.acting(login, world.partners[code]).write(values)


def _change_products(world):
    """New labels: the file opens by itself, or by hand; two are asked for again."""
    changed = [
        (code, state)
        for code, state in product_states(world).items()
        if state in ("change", "change_review")
    ]
    for index, (code, state) in enumerate(changed):
        dossier = world.dossiers[code, "product"]
        product = world.acting("purchaser", world.products[code].product_tmpl_id)
        if index % 3:
            product.storage_text = f"{product.storage_text}（说明书修订）"
        else:
            world.acting(applicant("product"), dossier).action_open_change()
        if state == "change_review":
            dossier.invalidate_recordset()
            world.acting(applicant("product"), dossier).action_apply()
            approve(world, "qa", dossier)
