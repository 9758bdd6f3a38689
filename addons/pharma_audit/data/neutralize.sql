-- a copy tells its heads nowhere: two trails in one place would call each other forged
UPDATE pharma_audit_target SET active = false;
