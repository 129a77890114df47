import { describe, expect, it } from 'vitest';
import { listImportedFiles } from './imported-files.ts';

async function reach(files: Record<string, string>, module = 'orders'): Promise<string[]> {
  const reached = await listImportedFiles({
    module,
    paths: Object.keys(files),
    texts: new Map(Object.entries(files).filter(([path]) => path.endsWith('.py'))),
  });
  return [...reached].sort();
}

describe('the files that a job imports', () => {
  it('are those that its module reaches, directly or indirectly', async () => {
    const files = {
      'orders.py': 'import dlt\nfrom shared import money\n',
      'payments.py': 'import only_payments\n',
      'only_payments.py': '',
      'shared/__init__.py': 'from .names import clean\n',
      'shared/money.py': 'from . import rates\nimport os.path\n',
      'shared/rates.py': 'import orders\n',
      'shared/names.py': '',
      'shared/unused.py': '',
    };
    expect(await reach(files)).toEqual([
      'orders.py',
      'shared/__init__.py',
      'shared/money.py',
      'shared/names.py',
      'shared/rates.py',
    ]);
  });

  it('can be in packages without an __init__.py, and in the folder of the importing file', async () => {
    const files = {
      'jobs/daily/orders.py': 'import jobs.lib.http\nimport sibling\nfrom ..lib import sql\n',
      'jobs/daily/sibling.py': '',
      'jobs/lib/http.py': '',
      'jobs/lib/sql.py': '',
      'sibling/other.py': '',
    };
    expect(await reach(files, 'jobs.daily.orders')).toEqual([
      'jobs/daily/orders.py',
      'jobs/daily/sibling.py',
      'jobs/lib/http.py',
      'jobs/lib/sql.py',
    ]);
  });

  it('include the packages that contain the job, and a package that is executed', async () => {
    const files = { 'jobs/__init__.py': 'import setup_logs\n', 'jobs/orders.py': '', 'setup_logs.py': '' };
    expect(await reach(files, 'jobs.orders')).toEqual([
      'jobs/__init__.py',
      'jobs/orders.py',
      'setup_logs.py',
    ]);
    const executed = { 'jobs/__main__.py': 'from . import x\n', 'jobs/x.py': '' };
    expect(await reach(executed, 'jobs')).toEqual(['jobs/__main__.py', 'jobs/x.py']);
  });

  it('include other files that a literal names, and the files of a folder that it names', async () => {
    const files = {
      'orders.py': 'read("queries/orders.sql"); Path(x) / "rates.csv"; dlt.dbt.package(p, "./transform/")\n',
      'queries/orders.sql': '',
      'queries/payments.sql': '',
      'old/queries/other.sql': '',
      'data/rates.csv': '',
      'transform/dbt_project.yml': '',
      'transform/models/a.sql': '',
      'transform/macro.py': '',
    };
    expect(await reach(files)).toEqual([
      'data/rates.csv',
      'orders.py',
      'queries/orders.sql',
      'transform/dbt_project.yml',
      'transform/models/a.sql',
    ]);
  });

  it('are none for a module that the deployment does not contain', async () => {
    expect(await reach({ 'a.py': '' }, 'dlt._workspace.dashboard')).toEqual([]);
    expect(await reach({ 'dlt.py': '' }, 'dlt._workspace.dashboard')).toEqual(['dlt.py']);
  });
});
