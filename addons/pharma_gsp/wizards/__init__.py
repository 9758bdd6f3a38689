from . import (
    base_partner_merge,
    pharma_change_request_ask,
    pharma_change_request_refuse,
    pharma_document_void,
    pharma_dossier_decide,
    pharma_role_withdraw,
)
