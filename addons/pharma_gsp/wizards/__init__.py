from . import (
    base_partner_merge,
    pharma_document_void,
    pharma_dossier_decide,
    pharma_role_withdraw,
)
