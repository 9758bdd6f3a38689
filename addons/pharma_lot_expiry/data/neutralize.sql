-- a copy reports nothing to the trace platform: its bills would be taken for real ones
UPDATE res_company SET trace_upload = false;
