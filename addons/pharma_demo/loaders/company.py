"""Who we are: name, language, chart of accounts, warehouses and their zones."""

# Zones where saleable goods lie are below the warehouse's stock location.
STORAGE_USES = {"storage", "special"}
# Only QA moves goods on from there.
ASIDE_USES = {"quarantine", "returns", "rejected"}


def load(world):
    _speak_chinese(world)
    _name_company(world)
    _open_books(world)
    _name_main_warehouse(world)
    _open_second_warehouse(world)
    for profile in world.profile["warehouses"]:
        _create_zones(world, profile)


def _speak_chinese(world):
    lang = world.env["res.lang"]._activate_lang("zh_CN")
    lang.week_start = "1"
    world.env["ir.default"].set("res.partner", "lang", "zh_CN")
    world.env["ir.default"].set("res.partner", "tz", "Asia/Shanghai")
    users = world.env["res.users"].with_context(active_test=False).search([])
    users.partner_id.write({"lang": "zh_CN", "tz": "Asia/Shanghai"})


def _address(world, profile):
    return {
        "country_id": world.env.ref("base.cn").id,
        "state_id": world.states[profile["province"]].id,
        "city": profile["city"],
        "street": profile["district"] + profile["street"],
    }


def _name_company(world):
    profile = world.profile
    world.company.write(
        {"name": profile["name"], "country_id": world.env.ref("base.cn").id}
    )
    world.company.partner_id.write(
        {
            **_address(world, profile),
            "uscc": profile["uscc"],
            "legal_representative": profile["legal_representative"],
            "comment": profile["name_en"],
            "lang": "zh_CN",
        }
    )
    world.env["res.partner.bank"].create(
        {
            "acc_number": profile["bank_account"],
            "partner_id": world.company.partner_id.id,
            "bank_id": _bank(world, profile["bank"]).id,
        }
    )


def _bank(world, name):
    return world.env["res.bank"].create({"name": name})


def _open_books(world):
    if not world.company.chart_template:
        world.env["account.chart.template"].try_loading("cn", world.company)
    yuan = world.env.ref("base.CNY")
    yuan.active = True
    if world.company.currency_id != yuan:
        world.company.currency_id = yuan
    world.company.account_use_credit_limit = True


def _name_main_warehouse(world):
    warehouse = world.env["stock.warehouse"].search(
        [("company_id", "=", world.company.id)], limit=1, order="id"
    )
    profile = world.profile["warehouses"][0]
    warehouse.write({"name": profile["name"], "code": profile["code"]})
    _finish_warehouse(world, warehouse, profile)


def _open_second_warehouse(world):
    profile = world.profile["warehouses"][1]
    warehouse = world.env["stock.warehouse"].create(
        {"name": profile["name"], "code": profile["code"]}
    )
    _finish_warehouse(world, warehouse, profile)


def _finish_warehouse(world, warehouse, profile):
    warehouse.partner_id = world.env["res.partner"].create(
        {
            "name": profile["name"],
            "parent_id": world.company.partner_id.id,
            "type": "delivery",
            **_address(world, profile),
        }
    )
    warehouse.lot_stock_id.name = "合格品库"
    warehouse._create_missing_quarantine_locations()
    world.warehouses[profile["code"]] = warehouse


def _create_zones(world, profile):
    """The first quarantine zone is the one the warehouse has from the start."""
    warehouse = world.warehouses[profile["code"]]
    quarantine = warehouse.pharma_quarantine_location_id
    new = []
    for zone in profile["zones"]:
        if zone["use"] == "quarantine" and quarantine:
            quarantine.write({"name": zone["name"], "barcode": zone["code"]})
            world.zones[zone["code"]] = quarantine
            quarantine = None
        else:
            new.append(zone)
    locations = world.env["stock.location"].create(
        [_prepare_zone_values(warehouse, zone) for zone in new]
    )
    world.zones.update(
        {zone["code"]: loc for zone, loc in zip(new, locations, strict=True)}
    )


def _prepare_zone_values(warehouse, zone):
    parent = (
        warehouse.lot_stock_id
        if zone["use"] in STORAGE_USES
        else warehouse.view_location_id
    )
    return {
        "name": zone["name"],
        "barcode": zone["code"],
        "usage": "internal",
        "location_id": parent.id,
        "company_id": warehouse.company_id.id,
        "is_pharma_quarantine": zone["use"] in ASIDE_USES,
    }
