/** The advice after each mistake of the modules beside this file; null if its exception does not tell what to do. */
export const expectedAdvice: Record<string, string | null> = {
  'of_python.missing_key':
    '`of_python.py:12` does not handle a value that it got: correct the value or the code, then deploy and start the job again.',
  'of_python.missing_item':
    '`of_python.py:16` does not handle a value that it got: correct the value or the code, then deploy and start the job again.',
  'of_python.wrong_type': 'Correct `of_python.py:20`, then deploy and start the job again.',
  'of_python.missing_attribute': 'Correct `of_python.py:24`, then deploy and start the job again.',
  'of_python.misspelled_name': 'Correct `of_python.py:28`, then deploy and start the job again.',
  'of_python.wrong_number':
    '`of_python.py:32` does not handle a value that it got: correct the value or the code, then deploy and start the job again.',
  'of_python.divided_by_zero':
    '`of_python.py:36` does not handle a value that it got: correct the value or the code, then deploy and start the job again.',
  'of_python.failed_assertion':
    '`of_python.py:40` does not handle a value that it got: correct the value or the code, then deploy and start the job again.',
  'of_python.syntax_error': 'Correct `broken.py:1`, then deploy and start the job again.',
  'of_python.missing_package':
    'Add the package that has the module `shop_parser` to `requirements.txt` or `pyproject.toml`, then deploy and start the job again. If it is a file of yours, check that `.gitignore` does not exclude it.',
  'of_python.missing_key_while_handling':
    '`of_python.py:57` does not handle a value that it got: correct the value or the code, then deploy and start the job again.',
  'of_python.missing_name': 'Correct `of_python.py:61`, then deploy and start the job again.',
  'of_python.proprietary_package':
    '`dlthub` belongs to the proprietary package dlthub, which Pumphouse does not have: docs/move/hosted.md lists what to use instead.',
  'of_python.missing_file':
    'Put `orders.csv` into the workspace folder, where relative paths begin, and check that `.gitignore` does not exclude it; then deploy and start the job again.',
  'of_python.forbidden_file':
    'A run may not use `/etc/shadow`: use a relative path, which begins in the workspace folder; then deploy and start the job again.',
  'of_python.full_disk':
    "Remove files that are no longer needed while the run works, load in smaller pieces, or give the job a larger instance; ask the server's operator for the limit of each size.",
  'of_python.missing_program':
    'The program `no-such-program` is not installed where runs work: use a package that contains it, or ask the operator to install it; then start the job again.',
  'of_python.failed_program':
    'The program ended with an error: read what it printed in the log, then start the job again.',
  'of_python.wrong_encoding':
    '`of_python.py:95` does not handle a value that it got: correct the value or the code, then deploy and start the job again.',
  'of_python.no_json': null,
  'of_python.too_much_memory':
    'Load in smaller pieces (chunks, `max_table_nesting`, fewer workers), or give the job a larger instance: `require={"instance": {"size": ...}}`.',
  'of_python.endless_recursion': 'Correct `of_python.py:107`, then deploy and start the job again.',
  'of_python.refused_by_socket':
    'The server refused the connection: check that it listens on its address and that runs may connect to it; then start the job again.',
  'of_python.unknown_host_of_urllib':
    'No DNS server of the runs knows the host: correct the address of the server in the configuration or the variables; then start the job again.',
  'of_python.late_task': null,
  'of_python.silent_server':
    'The server did not answer in time: check that it is up and that runs can reach it, or set a longer timeout; then start the job again.',
  'of_python.own_exception': null,
  'of_python.own_runtime_error': null,
  'of_python.interrupted': null,
  'of_requests.refused':
    'In a run, `localhost` is the run itself, and nothing listens on `localhost:1`. Use an address of the server that runs can reach, or ask the operator to let them reach the port (`PUMPHOUSE_RUNS_LOOPBACK_PORTS`); then start the job again.',
  'of_requests.unknown_host':
    'No DNS server of the runs knows the host `shop.invalid`: correct the address of the server in the configuration or the variables; then start the job again.',
  'of_requests.silent':
    'The server did not answer in time: check that it is up and that runs can reach it, or set a longer timeout; then start the job again.',
  'of_requests.closed':
    'The server closed the connection: start the job again; if it happens again, read the log of the server.',
  'of_requests.no_tls':
    'TLS failed: check whether the server uses TLS on this port, and correct `https://` or the port in its address; then start the job again.',
  'of_requests.refused_by_proxy':
    'The proxy did not accept the connection: correct the variables `HTTP_PROXY` and `HTTPS_PROXY`, or name the server in `NO_PROXY`; then start the job again.',
  'of_requests.no_scheme':
    'Correct the address of the request: it begins with `https://` or `http://`; then start the job again.',
  'of_requests.endless_redirects':
    'Correct the address of the request, which the server redirects without end; then start the job again.',
  'of_requests.no_json':
    'The server did not answer with JSON: print what it answers, and check the address and the credentials of the request; then start the job again.',
  'of_requests.unauthorized':
    'The server does not accept the credentials: correct them (`pumphouse variable set NAME --secret`); then start the job again.',
  'of_requests.forbidden':
    'The credentials do not allow this request: give them access to what the server is asked for; then start the job again.',
  'of_requests.not_found':
    'Correct the address of the request, which the server does not have; then start the job again.',
  'of_requests.too_many_requests':
    'The server limits the requests: ask it less often or for more rows at once, and start the job again later.',
  'of_requests.server_error':
    'The server failed with 503: start the job again later, or ask who operates it.',
  'of_requests.bad_request':
    'Correct the request, which the server refused with 400; then start the job again.',
  'of_duckdb.no_database_file':
    'Correct the path of the database: this file is not one of DuckDB; then deploy and start the job again.',
  'of_duckdb.file_of_later_release':
    'The database file was written by a newer DuckDB, and older ones cannot read it: require that version or a later one in your requirements and deploy again. To stay with the older version, keep a copy with `pumphouse data download` and start empty with `pumphouse data reset`, then load the data again.',
  'of_duckdb.locked_by_another_process':
    'Another process has the database file open: close it there, or let the jobs that use the file load with the same pipeline; then start the job again.',
  'of_duckdb.missing_folder':
    'Correct the path: there is no such file or folder where the run works. Relative paths begin in the workspace folder; then deploy and start the job again.',
  'of_duckdb.missing_table':
    'Correct the name in the SQL that `of_duckdb.py:12` runs, or load the table first; then deploy and start the job again.',
  'of_duckdb.missing_column':
    'Correct the name in the SQL that `of_duckdb.py:12` runs, or load the table first; then deploy and start the job again.',
  'of_duckdb.bad_sql': 'Correct the SQL that `of_duckdb.py:12` runs; then deploy and start the job again.',
  'of_duckdb.bad_number':
    'A value does not fit the type of its column: correct the value, or give the column another type; then start the job again.',
  'of_duckdb.refused_by_constraint':
    'A constraint of the table refuses the rows: correct the rows, or change the constraint in the database; then start the job again.',
  'of_duckdb.missing_csv':
    'Correct the path: there is no such file or folder where the run works. Relative paths begin in the workspace folder; then deploy and start the job again.',
  'of_duckdb.too_little_memory':
    'Load in smaller pieces (chunks, `max_table_nesting`, fewer workers), or give the job a larger instance: `require={"instance": {"size": ...}}`.',
  'of_duckdb.removed_method': 'Correct `of_duckdb.py:90`, then deploy and start the job again.',
  'of_postgres.refused':
    'In a run, `127.0.0.1` is the run itself, and nothing listens on `127.0.0.1:1`. Use an address of the server that runs can reach, or ask the operator to let them reach the port (`PUMPHOUSE_RUNS_LOOPBACK_PORTS`); then start the job again.',
  'of_postgres.unknown_host':
    'No DNS server of the runs knows the host `warehouse.invalid`: correct the address of the server in the configuration or the variables; then start the job again.',
  'of_postgres.unknown_database':
    'Correct the name of the database of the server in the variables or `.dlt/secrets.toml`; then start the job again.',
  'of_postgres.unknown_role':
    'Correct the user of the server in the variables or `.dlt/secrets.toml`; then start the job again.',
  'of_postgres.wrong_password':
    'Correct the user or the password of the server in the variables or `.dlt/secrets.toml`; then start the job again.',
  'of_postgres.too_many_connections':
    'The server has too many connections: let fewer jobs run at the same time, or raise its limit; then start the job again.',
  'of_postgres.missing_table':
    'Correct the name in the SQL that `of_postgres.py:16` runs, or load the table first; then deploy and start the job again.',
  'of_postgres.missing_column':
    'Correct the name in the SQL that `of_postgres.py:16` runs, or load the table first; then deploy and start the job again.',
  'of_postgres.missing_schema':
    'Correct the name in the SQL that `of_postgres.py:16` runs, or load the table first; then deploy and start the job again.',
  'of_postgres.bad_sql':
    'Correct the SQL that `of_postgres.py:16` runs; then deploy and start the job again.',
  'of_postgres.no_permission':
    'Grant this permission to the user of the connection, in the database of the server; then start the job again.',
  'of_postgres.read_only':
    'The database does not accept changes: connect to one that does, not to a replica; then start the job again.',
  'of_postgres.refused_duplicate':
    'A constraint of the table refuses the rows: correct the rows, or change the constraint in the database; then start the job again.',
  'of_postgres.refused_null':
    'A constraint of the table refuses the rows: correct the rows, or change the constraint in the database; then start the job again.',
  'of_postgres.bad_number':
    'A value does not fit the type of its column: correct the value, or give the column another type; then start the job again.',
  'of_postgres.large_number':
    'A value does not fit the type of its column: correct the value, or give the column another type; then start the job again.',
  'of_postgres.slow_statement':
    'The database ended the statement: read less with one statement, or raise `statement_timeout`; then start the job again.',
  'of_postgres.locked_table':
    'Another transaction uses the same rows or tables: start the job again when it has ended.',
  'of_postgres.ended_session':
    'The server closed the connection: start the job again; if it happens again, read the log of the server.',
  'of_dlt.missing_secret':
    'Set the missing value `api_key` with `pumphouse variable set SOURCES__OF_DLT__ORDERS__API_KEY --secret`, or add it to `.dlt/secrets.toml` and deploy; then start the job again.',
  'of_dlt.missing_secret_by_name':
    'Set the missing value `shop.token` with `pumphouse variable set SHOP__TOKEN --secret`, or add it to `.dlt/secrets.toml` and deploy; then start the job again.',
  'of_dlt.missing_credentials':
    'Set the missing value `credentials` with `pumphouse variable set DESTINATION__POSTGRES__CREDENTIALS --secret`, or add it to `.dlt/secrets.toml` and deploy; then start the job again.',
  'of_dlt.bad_value_of_variable':
    'Correct the value of `size` in the configuration or the variables: it has another type; then start the job again.',
  'of_dlt.missing_driver':
    'Add `dlt[snowflake]` to `requirements.txt` or `pyproject.toml`, then deploy and start the job again.',
  'of_dlt.misspelled_destination':
    'Correct the name of the destination: dlt has none named `duckdbb`; then deploy and start the job again.',
  'of_dlt.proprietary_package':
    '`dlthub` belongs to the proprietary package dlthub, which Pumphouse does not have: docs/move/hosted.md lists what to use instead.',
  'of_dlt.refused_by_destination':
    'In a run, `localhost` is the run itself, and nothing listens on `localhost:1`. Use an address of the destination that runs can reach, or ask the operator to let them reach the port (`PUMPHOUSE_RUNS_LOOPBACK_PORTS`); then start the job again.',
  'of_dlt.unknown_host_of_destination':
    'No DNS server of the runs knows the host `warehouse.invalid`: correct the address of the destination in the configuration or the variables; then start the job again.',
  'of_dlt.missing_database_of_destination':
    'Correct the name of the database of the destination in the variables or `.dlt/secrets.toml`; then start the job again.',
  'of_dlt.refused_by_source':
    'In a run, `127.0.0.1` is the run itself, and nothing listens on `127.0.0.1:1`. Use an address of the source that runs can reach, or ask the operator to let them reach the port (`PUMPHOUSE_RUNS_LOOPBACK_PORTS`); then start the job again.',
  'of_dlt.unauthorized_by_api':
    'The source does not accept the credentials: correct them (`pumphouse variable set NAME --secret`); then start the job again.',
  'of_dlt.not_found_by_helper':
    'Correct the address of the request, which the source does not have; then start the job again.',
  'of_dlt.mistake_in_resource':
    '`of_dlt.py:96` does not handle a value that it got: correct the value or the code, then deploy and start the job again.',
  'of_dlt.own_exception_in_resource': null,
  'of_dlt.frozen_column':
    'The schema contract does not allow this change: correct the source, or allow the change with `schema_contract`; then start the job again.',
  'of_dlt.missing_cursor':
    'Some items have no `updated_at`: correct the cursor of the incremental, or set `on_cursor_value_missing`; then deploy and start the job again.',
  'of_dlt.no_data':
    'Give dlt a list, a generator or a resource: one item alone goes into a list; then deploy and start the job again.',
  'of_dlt.refused_by_constraint':
    'A constraint of the table refuses the rows: correct the rows, or change the constraint in the database; then start the job again.',
  'of_dlt.missing_table':
    'Correct the name of the table `prices`, or load it first; then start the job again.',
  'of_dlt.never_run':
    'Run a job that loads with this pipeline first, or give `dlt.attach()` its destination and dataset; then start the job again.',
  'of_dlt.qualified_read': 'Add `sqlglot<30.22` to your requirements, deploy and start the job again.',
  'of_dlt.removed_method':
    'Add `duckdb<2` to your requirements, deploy and start the job again. Older versions of DuckDB cannot read database files that DuckDB 2 has written: keep a copy with `pumphouse data download` and start empty with `pumphouse data reset`, then load the data again.',
  'of_dlt.file_of_later_release':
    'The database file was written by a newer DuckDB, and older ones cannot read it: require that version or a later one in your requirements and deploy again. To stay with the older version, keep a copy with `pumphouse data download` and start empty with `pumphouse data reset`, then load the data again.',
};
