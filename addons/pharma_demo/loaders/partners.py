"""Suppliers and buyers with their addresses, accounts and authorised persons."""

from odoo.fields import Command

from .users import create_portal_users

# The check digit of these is wrong on purpose: a case for QA (FA-40, TV-04).
WRONG_CHECK_DIGIT = ("B022", "B025", "B036", "B039")
SUPPLIER_TERM_DAYS = 30
# Whose account nobody has confirmed yet (CS-33).
UNCONFIRMED_ACCOUNTS = ("S03", "S05", "S14", "S15")
SECOND_ACCOUNTS = (("S08", "9900000008999999"), ("S10", "9900000010000388"))


def load(world):
    terms = _create_payment_terms(world)
    _create_suppliers(world, terms)
    _create_buyers(world, terms)
    _create_receiving_addresses(world)
    _create_bank_accounts(world)
    _create_persons(world)
    create_portal_users(world)


def _create_payment_terms(world):
    days = {int(row["payment_term_days"]) for row in world.buyers} | {
        SUPPLIER_TERM_DAYS
    }
    terms = world.env["account.payment.term"].create(
        [
            {
                "name": f"货到 {count} 天付款",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 100.0, "nb_days": count}
                    )
                ],
            }
            for count in sorted(days)
        ]
    )
    return dict(zip(sorted(days), terms, strict=True))


def _prepare_values(world, row):
    uscc = row["uscc"]
    if row["code"] in WRONG_CHECK_DIGIT:
        uscc = uscc[:-1] + ("1" if uscc[-1] != "1" else "2")
    return {
        "name": row["name"],
        "ref": row["code"],
        "is_company": True,
        "uscc": uscc,
        "legal_representative": row["legal_representative"],
        "country_id": world.env.ref("base.cn").id,
        "state_id": world.states[row["province"]].id,
        "city": row["city"],
        "street": row["district"] + row["street"],
        "comment": row["note"] or False,
        "lang": "zh_CN",
        "tz": "Asia/Shanghai",
    }


def _create(world, rows, values_list):
    partners = world.env["res.partner"].create(values_list)
    world.partners.update(
        {row["code"]: partner for row, partner in zip(rows, partners, strict=True)}
    )


def _create_suppliers(world, terms):
    _create(
        world,
        world.suppliers,
        [
            {
                **_prepare_values(world, row),
                "pharma_supplier_kind_id": world.kind(row["kind"]).id,
                "property_supplier_payment_term_id": terms[SUPPLIER_TERM_DAYS].id,
                "supplier_rank": 1,
            }
            for row in world.suppliers
        ],
    )


def _create_buyers(world, terms):
    _create(
        world,
        world.buyers,
        [
            {
                **_prepare_values(world, row),
                "pharma_buyer_kind_id": world.kind(row["kind"]).id,
                "property_payment_term_id": terms[int(row["payment_term_days"])].id,
                "credit_limit": float(row["credit_limit"]),
                "use_partner_credit_limit": True,
                "customer_rank": 1,
            }
            for row in world.buyers
        ],
    )


def _create_receiving_addresses(world):
    """Warehouses of buyers; QA confirmed those on a licence (FA-24)."""
    rows = [row for row in world.buyers if row["warehouse_name"]]
    addresses = world.env["res.partner"].create(
        [
            {
                "name": row["warehouse_name"],
                "parent_id": world.partners[row["code"]].id,
                "type": "delivery",
                "country_id": world.env.ref("base.cn").id,
                "state_id": world.states[row["province"]].id,
                "city": row["city"],
                "street": row["ship_to_street"],
            }
            for row in rows
        ]
    )
    for row, address in zip(rows, addresses, strict=True):
        if row["ship_to_licensed"] == "1":
            world.acting("qa", address).action_pharma_license_address()


def _create_bank_accounts(world):
    names = sorted({row["bank"] for row in world.suppliers})
    banks = dict(
        zip(
            names,
            world.env["res.bank"].create([{"name": n} for n in names]),
            strict=True,
        )
    )
    accounts = world.env["res.partner.bank"].create(
        [
            {
                "acc_number": row["bank_account"],
                "partner_id": world.partners[row["code"]].id,
                "bank_id": banks[row["bank"]].id,
                "allow_out_payment": row["code"] not in UNCONFIRMED_ACCOUNTS,
                "sequence": 1,
            }
            for row in world.suppliers
        ]
    )
    for row, account in zip(world.suppliers, accounts, strict=True):
        if row["code"] not in UNCONFIRMED_ACCOUNTS:
            world.acting("qa", account).action_pharma_confirm()
            world.acting("finance", account).action_pharma_confirm()
    _announce_new_accounts(world, banks["演示银行郑州分行"])


def _announce_new_accounts(world, bank):
    """The classic fraud, a new account by mail; and one that waits for finance."""
    accounts = world.env["res.partner.bank"].create(
        [
            {
                "acc_number": number,
                "partner_id": world.partners[code].id,
                "bank_id": bank.id,
                "sequence": 99,
            }
            for code, number in SECOND_ACCOUNTS
        ]
    )
    world.acting("qa", accounts[1]).action_pharma_confirm()


def _create_persons(world):
    wanted = []
    for row in world.suppliers:
        name, number = row["sales_person"], row["sales_person_id_no"]
        wanted.append((row["code"], "sales", name, number))
    for row in world.buyers:
        name, number = row["purchaser_name"], row["purchaser_id_no"]
        wanted.append((row["code"], "purchase", name, number))
        wanted.append((row["code"], "pickup", row["pickup_name"], row["pickup_id_no"]))
    persons = world.env["pharma.person"].create(
        [
            {
                "name": name,
                "partner_id": world.partners[code].id,
                "role": role,
                "id_number": number,
                **_letter_limits(world, code, role),
            }
            for code, role, name, number in wanted
        ]
    )
    for (code, role, _name, _number), person in zip(wanted, persons, strict=True):
        world.persons[code, role] = person


def _letter_limits(world, code, role):
    """Some letters name scopes and our province; most cover all."""
    if role != "sales" or code not in ("S07", "S10"):
        return {}
    row = next(row for row in world.suppliers if row["code"] == code)
    return {
        "scope_ids": [Command.set(world.scope_ids(row["licence_scopes"]))],
        "state_ids": [Command.set(world.states["湖北省"].ids)],
    }
