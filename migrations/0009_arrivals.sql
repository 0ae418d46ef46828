-- How late after the change the last delivery came, by both clocks, and when the last genuine callback came.
alter table webhook_state add column delivered_late_ms bigint;
alter table webhook_state add column called_back_at bigint;
