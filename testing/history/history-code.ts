import type { DeployedCode } from '../fixtures/deploy-workspace.ts';
import { defineScriptJob } from '../fixtures/deploy-workspace.ts';

/** What changes from one deployment of the workspace to the next. */
export interface CodeState {
  /** Orders have a `discount_code`. */
  hasDiscounts: boolean;
  /** The API of HubSpot refuses the job's requests. */
  isHubspotFailing: boolean;
  /** Stripe sends an amount that the job cannot read. */
  isStripeFailing: boolean;
}

const shopOrders = ({ hasDiscounts }: CodeState) => `
from datetime import UTC, datetime

import dlt

changed_at = datetime.now(UTC).isoformat()


@dlt.resource(primary_key="id", write_disposition="merge")
def orders(updated_at=dlt.sources.incremental("updated_at", initial_value="2026-01-01T00:00:00Z")):
    for number in range(1, 301):
        yield {
            "id": number,
            "customer": f"customer-{number % 7}",
            "total": number * 9.5,
            "updated_at": changed_at,${hasDiscounts ? '\n            "discount_code": "SPRING" if number % 9 == 0 else "NONE",' : ''}
            "lines": [{"sku": f"sku-{number}-{line}", "quantity": line + 1} for line in range(number % 3 + 1)],
        }


@dlt.resource(primary_key="name", write_disposition="merge")
def customers():
    yield [{"name": f"customer-{number}", "city": city} for number, city in enumerate(["Lisbon", "Oslo", "Turin", "Graz", "Porto", "Malmo", "Gent"])]


pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")
for page in range(1, 13):
    print(f"orders: page {page} of 12, {page * 25} rows so far")
print(pipeline.run([orders(), customers()]))
`;

const stripePayments = ({ isStripeFailing }: CodeState) => `
import dlt


def parse_amount(text):
    return int(text)


@dlt.resource(primary_key="id", write_disposition="merge")
def charges():
    for number in range(1, 120):
        yield {"id": number, "amount": number * 100, "currency": "EUR"}
    yield {"id": 120, "amount": parse_amount("${isStripeFailing ? '12,00 EUR' : '1200'}"), "currency": "EUR"}


@dlt.resource(primary_key="id", write_disposition="merge")
def refunds():
    yield [{"id": number, "charge_id": number * 3, "amount": number * 50} for number in range(1, 9)]


print("charges: reading the last 120 of them")
dlt.pipeline("payments", destination="duckdb", dataset_name="payments_data").run([charges(), refunds()])
`;

const hubspotContacts = ({ isHubspotFailing }: CodeState) => `
import dlt


def read_page(after):
    if ${isHubspotFailing ? 'True' : 'False'}:
        raise ConnectionError("429 Too Many Requests: the daily limit of this account is reached")
    return [{"id": after + number, "email": f"person-{after + number}@example.com", "stage": "lead"} for number in range(40)]


@dlt.resource(primary_key="id", write_disposition="merge")
def contacts():
    for page in range(3):
        yield read_page(page * 40)


@dlt.resource(write_disposition="append")
def contact_events():
    yield [{"contact_id": number, "kind": "opened"} for number in range(60)]


dlt.pipeline("hubspot", destination="duckdb", dataset_name="crm_data").run([contacts(), contact_events()])
`;

/** A script that loads one table of generated rows. */
const loads = (pipeline: string, dataset: string, table: string, rows: string, disposition = 'append') => `
import dlt

rows = ${rows}
print(f"${table}: {len(rows)} rows")
dlt.pipeline("${pipeline}", destination="duckdb", dataset_name="${dataset}").run(
    rows, table_name="${table}", write_disposition="${disposition}"
)
`;

const revenueByDay = loads(
  'revenue',
  'marts',
  'revenue_by_day',
  '[{"day": f"2026-10-{day:02}", "revenue": day * 120.5} for day in range(1, 31)]',
  'replace',
);
const customerMart = loads(
  'customer_mart',
  'marts',
  'customers',
  '[{"customer": f"customer-{number}", "orders": number * 3, "lifetime_value": number * 410.5} for number in range(7)]',
  'replace',
);
const exchangeRates = loads(
  'exchange_rates',
  'finance_data',
  'rates',
  '[{"currency": code, "rate": rate} for code, rate in [("USD", 1.08), ("GBP", 0.85), ("NOK", 11.6), ("SEK", 11.4)]]',
);
const inventory = loads(
  'inventory',
  'shop_data',
  'stock_levels',
  '[{"sku": f"sku-{number}", "warehouse": "Gent", "quantity": number % 40} for number in range(250)]',
);
const supportTickets = loads(
  'support',
  'crm_data',
  'tickets',
  '[{"id": number, "subject": f"Order {number}", "priority": "normal"} for number in range(85)]',
);
const adSpend = loads(
  'ads',
  'marketing_data',
  'spend',
  '[{"campaign": f"campaign-{number}", "clicks": number * 31, "cost": number * 12.4} for number in range(24)]',
);

/** A page with the days of `revenue_by_day`, read where the job loaded them. */
const revenueBoard = `
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dlt
from dlt.hub.run import interactive


def read_days():
    pipeline = dlt.pipeline("revenue", destination="duckdb", dataset_name="marts")
    with pipeline.sql_client() as client:
        return client.execute_sql("select day, revenue from revenue_by_day order by day desc")


class Board(BaseHTTPRequestHandler):
    def do_GET(self):
        rows = "".join(f"<tr><td>{escape(str(day))}<td>{revenue:,.2f}" for day, revenue in read_days())
        page = f"<!doctype html><title>Revenue</title><h1>Revenue by day</h1><table>{rows}</table>"
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())


@interactive
def revenue_board(run_context):
    ThreadingHTTPServer(("0.0.0.0", run_context["run_args"]["port"]), Board).serve_forever()
`;

/** Runs until it is cancelled. */
const backfill = `
import time

day = 0
while True:
    day += 1
    print(f"backfill: day {day} of 730", flush=True)
    time.sleep(0.2)
`;

const events = `
import os, sys

for number in range(4000):
    print(f"event {number:06}: page_view /products/{number % 97} took {number % 250} ms")
    if number % 500 == 499:
        print(f"WARNING: event {number:06} came late", file=sys.stderr)
print("\\x1b[32mall events read\\x1b[0m")
`;

function defineJob(
  name: string,
  triggers: readonly string[],
  { tags, description, ...rest }: { tags: string[]; description: string } & Record<string, unknown>,
): Record<string, unknown> {
  const expose = { manual: true, tags, display_name: name };
  return { ...defineScriptJob(name, triggers), description, expose, ...rest };
}

const jobs = [
  defineJob('shop_orders', ['schedule:5 4 * * *'], {
    tags: ['shop', 'dlt'],
    description: 'Orders and customers of the shop',
  }),
  defineJob('inventory', ['schedule:20 * * * *'], { tags: ['shop'], description: 'Stock of each warehouse' }),
  defineJob('revenue_by_day', ['job.success:jobs.shop_orders'], {
    tags: ['marts'],
    description: 'Revenue of the last 30 days',
  }),
  defineJob('customer_mart', ['job.success:jobs.revenue_by_day'], {
    tags: ['marts'],
    description: 'Customers with their lifetime value',
  }),
  defineJob('stripe_payments', ['schedule:15 6 * * 1-5'], {
    tags: ['finance'],
    description: 'Charges and refunds of Stripe',
    require: { timezone: 'Europe/Berlin' },
  }),
  defineJob('exchange_rates', ['schedule:0 */6 * * *'], {
    tags: ['finance'],
    description: 'Rates of the European Central Bank',
  }),
  defineJob('hubspot_contacts', ['schedule:10 */2 * * *'], {
    tags: ['crm'],
    description: 'Contacts and what they opened',
  }),
  defineJob('support_tickets', ['schedule:45 7 * * *'], { tags: ['crm'], description: 'Tickets of support' }),
  defineJob('ad_spend', ['schedule:0 7 * * *'], {
    tags: ['marketing'],
    description: 'Clicks and cost of ads',
  }),
  defineJob('ga4_events', ['schedule:30 5 * * *'], {
    tags: ['marketing'],
    description: 'Page views of the web shop',
    require: { instance: { size: 'medium' } },
  }),
  defineJob('warehouse_backfill', [], { tags: ['once'], description: 'Loads two years again, day by day' }),
  defineJob('clean_up', ['schedule:0 3 * * *'], { tags: ['once'], description: 'Removes old exports' }),
];

const nameOf = (job: Record<string, unknown>) => String(job['job_ref']).replace(/^jobs\./, '');
/** Twelve jobs in five tags, nine of which load with dlt. */
export const historyJobs: readonly string[] = jobs.map(nameOf);

/** The app of the history: it shows what `revenue_by_day` loaded. */
const historyApp = {
  engine_version: 2,
  job_ref: 'jobs.revenue_board.revenue_board',
  entry_point: {
    module: 'revenue_board',
    function: 'revenue_board',
    job_type: 'interactive',
    launcher: 'dlt._workspace.deployment.launchers.job',
  },
  triggers: ['http:'],
  execute: { concurrency: 1 },
  expose: { interface: 'gui', category: 'dashboard', display_name: 'Revenue board' },
  description: 'Revenue of the last 30 days',
};

/** The code of a workspace. */
export interface HistoryScope {
  /** Those of `historyJobs` that it has. */
  jobs: readonly string[];
  hasApp?: boolean;
}

/** The code of a workspace in one state. */
export function describeHistoryCode(
  state: CodeState,
  { jobs: names, hasApp = false }: HistoryScope = { jobs: historyJobs },
): DeployedCode {
  const { files, ...code } = describeAll(state);
  const ofJobs = Object.fromEntries(
    Object.entries(files).filter(([path]) => names.includes(path.replace(/\.py$/, ''))),
  );
  return {
    ...code,
    files: { ...ofJobs, ...(hasApp && { 'revenue_board.py': revenueBoard }) },
    jobs: [...jobs.filter((job) => names.includes(nameOf(job))), ...(hasApp ? [historyApp] : [])],
  };
}

function describeAll(state: CodeState): Omit<DeployedCode, 'jobs'> {
  return {
    files: {
      'shop_orders.py': shopOrders(state),
      'stripe_payments.py': stripePayments(state),
      'hubspot_contacts.py': hubspotContacts(state),
      'revenue_by_day.py': revenueByDay,
      'customer_mart.py': customerMart,
      'exchange_rates.py': exchangeRates,
      'inventory.py': inventory,
      'support_tickets.py': supportTickets,
      'ad_spend.py': adSpend,
      'warehouse_backfill.py': backfill,
      'ga4_events.py': events,
      'clean_up.py': 'print("nothing to clean")\n',
    },
    requirements: ['dlt[duckdb]==1.31.0', 'duckdb<2', 'sqlglot<30.22'],
    configuration: {
      'config.toml': '[runtime]\nlog_level = "WARNING"\n',
      'prod.config.toml': `[sources]\npage_size = ${state.hasDiscounts ? 50 : 25}\n`,
      // Without a setting of its own: apps have a profile of theirs.
      'access.config.toml': '[sources]\n',
      'secrets.toml': '[sources.stripe]\napi_key = "sk_of_no_account_1234"\n',
    },
  };
}
