import { listStarterRequirements } from '@pumphouse/contract';

/** A file of a new workspace. */
export interface StarterFile {
  path: string;
  content: string;
  /** Permission bits. */
  mode: number;
}

interface Starter {
  /** The name of the folder. */
  name: string;
  destination: string;
}

const ordinary = 0o644;
const onlyOwner = 0o600;

/** The files of a new workspace: a pipeline that needs nothing from outside, its requirements, and the settings. */
export function buildStarterFiles({ name, destination }: Starter): StarterFile[] {
  const identifier = toIdentifier(name);
  return [
    { path: 'pipeline.py', content: writePipeline(identifier, destination), mode: ordinary },
    { path: '__deployment__.py', content: writeDeployment(name), mode: ordinary },
    {
      path: 'requirements.txt',
      content: `${listStarterRequirements(destination).join('\n')}\n`,
      mode: ordinary,
    },
    { path: '.gitignore', content: gitignore, mode: ordinary },
    { path: '.dlt/.workspace', content: '', mode: ordinary },
    {
      path: '.dlt/config.toml',
      content: '# Settings that are not secret, for all profiles.\n',
      mode: ordinary,
    },
    { path: '.dlt/secrets.toml', content: writeSecrets(destination), mode: onlyOwner },
  ];
}

/** A name that Python and dlt accept. */
function toIdentifier(name: string): string {
  const cleaned = name
    .toLowerCase()
    .replaceAll(/\W+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return /^[a-z]/.test(cleaned) ? cleaned : `pipeline_${cleaned}`.replace(/_$/, '');
}

const gitignore = `__pycache__/
*.py[cod]
.venv/
.env
*.duckdb
.dlt/data/
.dlt/state/
.dlt/secrets.toml
.dlt/*.secrets.toml
`;

function writePipeline(identifier: string, destination: string): string {
  return `"""Loads the orders of a shop."""

import dlt
from dlt.hub.run import job, trigger


@dlt.resource(table_name="orders", primary_key="id", write_disposition="merge")
def orders():
    for number in range(1, 101):
        yield {"id": number, "customer": f"customer {number % 7}", "amount": number * 1.5}


@job(trigger=trigger.schedule("0 6 * * *"))
def load_orders():
    """Loads all orders every morning."""
    pipeline = dlt.pipeline("${identifier}", destination="${destination}", dataset_name="${identifier}_data")
    print(pipeline.run(orders()))
`;
}

function writeDeployment(name: string): string {
  return `"""The jobs of ${name.replaceAll('"', "'")}."""

from pipeline import load_orders

__all__ = ["load_orders"]
`;
}

function writeSecrets(destination: string): string {
  const head = `# Secrets for all profiles: never commit this file. pumphouse deploy uploads it to your server.\n`;
  return destination === 'duckdb'
    ? head
    : `${head}# Fill in what the destination needs (https://dlthub.com/docs/dlt-ecosystem/destinations/${destination}):\n# [destination.${destination}.credentials]\n`;
}
