/** A page that a newcomer follows, and how it is known to have worked. */
export interface Guide {
  /** Path below docs/, without extension. */
  page: string;
  /** What the terminal of the client shows. */
  shows?: RegExp;
  /** A job that a trigger starts at the end, and a line of its log. */
  followUp?: { job: string; shows: string };
  /** How the product that the reader leaves runs the files of "Before", and what it shows. */
  before?: {
    packages: string;
    command: string;
    shows: RegExp;
    /** Files of "After" that the reader has before too. */
    kept?: readonly string[];
  };
}

const total = /total: 25/;
const report = { job: 'report', shows: 'total: 25' };

/** The pages that a newcomer follows. All others require the server, the command and the sign-in of the first. */
export const guides: readonly [Guide, ...Guide[]] = [
  { page: 'start/quickstart', shows: /100 rows/ },
  { page: 'tutorials/rest-api-to-notebook', shows: /tickets.*20/ },
  {
    page: 'tutorials/postgres-to-warehouse',
    followUp: { job: 'build_report', shows: 'customers in the report: 2' },
  },
  { page: 'tutorials/ci-cd', shows: /completed/ },
  { page: 'move/hosted', shows: /completed/ },
  {
    page: 'move/cron',
    followUp: report,
    before: {
      packages: "'dlt[duckdb]'",
      command: `sh -c "$(sed -n 's/.*cd .srv.sales && //p' crontab)"`,
      kept: ['load.py', 'report.py'],
      shows: total,
    },
  },
  {
    page: 'move/airflow',
    followUp: report,
    before: {
      packages: "'apache-airflow>=3' 'dlt[duckdb]'",
      command:
        'mkdir -p dags && mv sales.py dags\nexport AIRFLOW_HOME=$PWD\nairflow db migrate\nairflow dags test sales',
      shows: total,
    },
  },
  {
    page: 'move/dagster',
    shows: /orders/,
    followUp: report,
    before: {
      packages: "dagster 'dlt[duckdb]'",
      command: 'dagster job execute -f sales.py -j daily',
      shows: total,
    },
  },
  {
    page: 'move/prefect',
    shows: total,
    before: { packages: "prefect 'dlt[duckdb]'", command: 'python sales.py', shows: total },
  },
];
