"""The staff of users.csv: the password is the login, the role is the group."""

from odoo.fields import Command

# What the administrator configures besides the roles of the trade.
ADMIN_GROUPS = (
    "base.group_system",
    "pharma_gsp.pharma_gsp_group_it_admin",
    "account.group_account_manager",
    "purchase.group_purchase_manager",
    "sales_team.group_sale_manager",
    "stock.group_stock_manager",
)


def load(world):
    rows = [row for row in world.staff if row["kind"] == "internal"]
    _configure_admin(world, next(row for row in rows if row["login"] == "admin"))
    others = [row for row in rows if row["login"] != "admin"]
    users = world.env["res.users"].create(
        [_prepare_user_values(world, row) for row in others]
    )
    world.users.update({user.login: user for user in users})


def _prepare_user_values(world, row):
    group = world.env.ref(f"pharma_gsp.pharma_gsp_group_{row['role']}")
    return {
        "name": row["name"],
        "login": row["login"],
        "password": row["login"],
        "function": row["department"],
        "group_ids": [Command.set([world.env.ref("base.group_user").id, group.id])],
        "company_id": world.company.id,
        "company_ids": [Command.set(world.company.ids)],
        "notification_type": "inbox",
        "lang": "zh_CN",
        "tz": "Asia/Shanghai",
    }


def _configure_admin(world, row):
    admin = world.env.ref("base.user_admin")
    admin.write(
        {
            "name": row["name"],
            "login": row["login"],
            "password": row["login"],
            "function": row["department"],
            "notification_type": "inbox",
            "group_ids": [
                Command.link(world.env.ref(xmlid).id) for xmlid in ADMIN_GROUPS
            ],
        }
    )
    world.users["admin"] = admin


def create_portal_users(world):
    """Customers and suppliers at the portal, as contacts of their companies."""
    rows = [row for row in world.staff if row["kind"] == "portal"]
    contacts = world.env["res.partner"].create(
        [
            {
                "name": row["name"],
                "parent_id": world.partners[row["partner_code"]].id,
                "lang": "zh_CN",
                "tz": "Asia/Shanghai",
            }
            for row in rows
        ]
    )
    users = world.env["res.users"].create(
        [
            {
                "login": row["login"],
                "password": row["login"],
                "partner_id": contact.id,
                "group_ids": [Command.set(world.env.ref("base.group_portal").ids)],
                "company_id": world.company.id,
                "company_ids": [Command.set(world.company.ids)],
            }
            for row, contact in zip(rows, contacts, strict=True)
        ]
    )
    world.users.update({user.login: user for user in users})
