-- compatible
-- The container engine that was found at the first start and is kept; null where it was set, or there is none.
alter table installation add column engine_url text;
