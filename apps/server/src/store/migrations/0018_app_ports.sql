-- compatible

-- Ports that were given to apps, where each app has a port of its own (PUMPHOUSE_APPS_PORTS). A row stays when its app is out of service:
-- browsers hold what they have of a port for long, so it is known for good which ports were never anybody's.
create table app_ports (
  port integer primary key check (port between 1 and 65535),
  -- Jobs are archived and never removed. Null: its job has another port now.
  job_id uuid unique references jobs,
  given_at timestamptz(3) not null default now(),
  -- When its job got another.
  left_at timestamptz(3),
  check ((job_id is null) = (left_at is not null))
);
