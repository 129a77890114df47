-- compatible
-- A server of the release before this one keeps logs in files only, and neither reads nor writes these rows.

-- The logs of attempts whose blobs are in S3: recent lines as rows, older ones as objects that rows name.
create table attempt_log_chunks (
  -- Not a foreign key: the row names an object, and stays until the object is removed.
  attempt_id uuid not null,
  first_line bigint not null check (first_line >= 0),
  end_line bigint not null check (end_line > first_line),
  start_byte bigint not null check (start_byte >= 0),
  end_byte bigint not null check (end_byte > start_byte),
  -- The lines, compressed with zstd; null if they are in an object.
  data bytea,
  object_key text,
  object_bytes bigint,
  -- A reader begins at the first chunk that ends after its line.
  primary key (attempt_id, end_line),
  check ((data is null) = (object_key is not null)),
  check ((object_key is null) = (object_bytes is null))
);
-- The data is compressed already.
alter table attempt_log_chunks alter column data set storage external;

-- Null: at once. An object that is being written has a row here until another row names it, so that the object of a
-- killed server is removed.
alter table storage_removals add column not_before timestamptz(3);
