-- compatible

-- A run that waits for its next attempt is `pending` again: nobody claims it before this time. What it waits for is told in words.
alter table job_runs add column not_before timestamptz(3), add column wait_reason text;

-- When it was decided what the end of an attempt means for its run: the run ended, or waits for another attempt. What an attempt says
-- after that changes nothing. An attempt that another one took the place of before it began is closed too, without a failure.
alter table attempts add column closed_at timestamptz(3), add column failure jsonb;
