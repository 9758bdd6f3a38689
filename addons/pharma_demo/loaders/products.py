"""The catalogue as products, with their makers, categories and storage zones."""

from odoo.fields import Command

UNITS = ("盒", "瓶", "支", "袋", "箱")
CLASSES = (
    ("RAD", "放射性药品"),
    ("NARC", "特殊管理药品"),
    ("PSY1", "特殊管理药品"),
    ("TOX", "特殊管理药品"),
    ("VAC", "疫苗"),
    ("HERB", "中药材"),
    ("SLICE", "中药饮片"),
    ("CPM", "中成药"),
    ("BIO", "生物制品"),
    ("API", "原料药"),
    ("DEV2", "医疗器械"),
    ("DEV3", "医疗器械"),
    ("IVD", "体外诊断试剂"),
    ("CHEM", "化学药品"),
)
SPECIAL_CLASSES = ("放射性药品", "特殊管理药品")
STORAGES = {"room": ("常温", "RM"), "cool": ("阴凉", "YL"), "cold": ("冷藏", "LC")}
STORAGES["frozen"] = ("冷冻", "LD")
HERB_SUPPLIER = "S12"


def load(world):
    units = _create_units(world)
    makers = _create_makers(world)
    categories = _create_categories(world)
    templates = world.env["product.template"].create(
        [
            _prepare_values(world, row, units, makers, categories)
            for row in world.catalogue
        ]
    )
    for row, template in zip(world.catalogue, templates, strict=True):
        world.products[row["code"]] = template.product_variant_id
    _create_supplier_prices(world)


def class_of(row):
    codes = row["scopes"].split()
    return next(name for code, name in CLASSES if code in codes)


def zone_code(warehouse_code, row):
    """Where goods of this product lie: by temperature, special ones apart."""
    if class_of(row) in SPECIAL_CLASSES:
        return f"{warehouse_code}-{'TYL' if row['storage_class'] == 'cold' else 'TY'}"
    return f"{warehouse_code}-{STORAGES[row['storage_class']][1]}"


def _create_units(world):
    records = world.env["uom.uom"].create([{"name": name} for name in UNITS])
    units = dict(zip(UNITS, records, strict=True))
    units["kg"] = world.env.ref("uom.product_uom_kgm")
    return units


def _create_makers(world):
    """Holders and manufacturers, once by name; some are suppliers as well."""
    partners = {partner.name: partner for partner in world.partners.values()}
    names = {row[field] for row in world.catalogue for field in ("mah", "manufacturer")}
    new = sorted(names - partners.keys() - {""})
    makers = world.env["res.partner"].create(
        [{"name": name, "is_company": True, "lang": "zh_CN"} for name in new]
    )
    partners.update(zip(new, makers, strict=True))
    partners[""] = world.partners[HERB_SUPPLIER]
    return partners


def _create_categories(world):
    """Class of goods / storage, because putaway rules go by category."""
    needed = sorted({(class_of(row), row["storage_class"]) for row in world.catalogue})
    names = sorted({name for name, _storage in needed})
    parents = dict(
        zip(
            names,
            world.env["product.category"].create([{"name": name} for name in names]),
            strict=True,
        )
    )
    leaves = world.env["product.category"].create(
        [
            {"name": STORAGES[storage][0], "parent_id": parents[name].id}
            for name, storage in needed
        ]
    )
    categories = dict(zip(needed, leaves, strict=True))
    _create_putaway_rules(world, categories)
    return categories


def _create_putaway_rules(world, categories):
    rules = []
    for code, warehouse in world.warehouses.items():
        for row in {
            (class_of(r), r["storage_class"]): r for r in world.catalogue
        }.values():
            zone = world.zones.get(zone_code(code, row))
            if zone:
                category = categories[class_of(row), row["storage_class"]]
                rules.append(
                    {
                        "location_in_id": warehouse.lot_stock_id.id,
                        "location_out_id": zone.id,
                        "category_id": category.id,
                        "company_id": world.company.id,
                    }
                )
    world.env["stock.putaway.rule"].create(rules)


def _prepare_values(world, row, units, makers, categories):
    return {
        "name": _name(row),
        "default_code": row["code"],
        "type": "consu",
        "is_storable": True,
        "tracking": "lot",
        "categ_id": categories[class_of(row), row["storage_class"]].id,
        "uom_id": units[row["unit"]].id,
        "list_price": float(row["list_price"]),
        "standard_price": float(row["cost"]),
        "invoice_policy": "delivery",
        "purchase_method": "receive",
        "sale_ok": True,
        "purchase_ok": True,
        "description_purchase": False,
        "generic_name": row["generic_name"],
        "trade_name": row["trade_name"],
        "dosage_form": row["dosage_form"],
        "strength": row["strength"],
        "pack_spec": row["pack_spec"],
        "mah_id": makers[row["mah"]].id,
        "manufacturer_id": makers[row["manufacturer"]].id,
        "approval_number": _is_drug_number(row) and row["approval_number"],
        "national_drug_code": row["national_drug_code"] or False,
        "shelf_life_months": int(row["shelf_life_months"]),
        "storage_text": row["storage_text"],
        "storage_class": row["storage_class"],
        "pharma_scope_ids": [Command.set(world.scope_ids(row["scopes"]))],
        "rx_class": row["rx_class"],
        "is_imported": row["origin"] == "import",
        "is_vbp": row["is_vbp"] == "1",
        "is_two_invoice": row["is_two_invoice"] == "1",
    }


def _is_drug_number(row):
    """Devices carry a registration number of their own; it stands on their paper."""
    return not row["scopes"].startswith("DEV") and bool(row["approval_number"])


def _name(row):
    """Generic name, trade name and strength: what tells two packs apart in a list."""
    name = row["generic_name"]
    if row["trade_name"] and row["trade_name"] not in name:
        name += f"（{row['trade_name']}）"
    return " ".join(part for part in (name, row["strength"], row["pack_spec"]) if part)


def _create_supplier_prices(world):
    world.env["product.supplierinfo"].create(
        [
            {
                "partner_id": world.partners[code].id,
                "product_tmpl_id": world.products[row["code"]].product_tmpl_id.id,
                "price": float(row["cost"]),
                "delay": 3,
                "min_qty": 1,
            }
            for row in world.catalogue
            for code in row["supplier_codes"].split()
        ]
    )
