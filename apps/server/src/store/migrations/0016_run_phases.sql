-- compatible

-- When the Python environment of an attempt was there and its start could begin; null of attempts of older servers, and where it never was.
alter table attempts add column environment_ready_at timestamptz(3);
