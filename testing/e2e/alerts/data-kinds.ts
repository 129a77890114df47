import type { AlertSite } from './alert-site.ts';
import { describe, expect, it } from 'vitest';
import { nameRule } from './alert-site.ts';

const load = (resource: string, run = '') => `
import dlt

${resource}

if __name__ == "__main__":
    dlt.pipeline("orders", destination="duckdb", dataset_name="shop").run([items()${run}])
`;
const items = (rows: string, options = '') => `
@dlt.resource(name="items"${options})
def items():
    yield from ${rows}
`;
const twoRows = '[{"id": 1}, {"id": 2}]';
const extra = '\n@dlt.resource(name="extra")\ndef extra():\n    yield {"id": 1}\n';

/** All load the pipeline `orders`. */
export const scripts = {
  load_usual: load(items(twoRows)),
  load_none: load(items('[]')),
  load_many: load(items('({"id": n} for n in range(200))')),
  add_table: load(items('[{"id": 1, "note": "new"}, {"id": "text"}]') + extra, ', extra()'),
  change_types: load(
    items('[{"id": "text"}, {"id": "more"}]', ', columns={"id": {"data_type": "text"}}'),
    '], refresh="drop_sources", *[',
  ),
  break_contract: load(items('[{"id": 1, "surprise": 2}]', ', schema_contract={"columns": "freeze"}')),
};

export const configuration = `
[pumphouse.pipelines.orders]
expect = [{ table = "items", min_rows = 1 }]
`;

/** Rules about what was loaded. */
export function describeDataKinds(site: AlertSite): void {
  describe('a load', () => {
    it('without rows opens zero_rows and check_failed, and the next rows resolve both', async () => {
      await site.addRule('zero_rows');
      await site.addRule('check_failed');
      await site.addRule('row_count_off', { conditions: { minimum_runs: 3 } });
      for (let count = 0; count < 3; count += 1)
        expect((await site.run('load_usual')).status).toBe('completed');
      await site.run('load_none');
      const zeroRows = await site.inboxes.awaitOpened(
        nameRule('zero_rows'),
        'orders loaded no rows, usually 2',
      );
      const failedCheck = await site.inboxes.awaitOpened(nameRule('check_failed'), 'orders');
      await site.run('load_usual');
      await site.inboxes.awaitResolved(zeroRows);
      await site.inboxes.awaitResolved(failedCheck);
    });

    it('with far more rows than usual opens row_count_off, and a usual one resolves it', async () => {
      await site.run('load_many');
      const off = await site.inboxes.awaitOpened(nameRule('row_count_off'), 'orders loaded 200 rows');
      await site.run('load_usual');
      await site.inboxes.awaitResolved(off);
    });

    it('that changes the schema opens schema_changed for each change', async () => {
      const rule = await site.addRule('schema_changed');
      expect(rule.conditions.schema_changes).toHaveLength(7);
      await site.run('add_table');
      const added = await site.inboxes.awaitOpened(nameRule('schema_changed'), 'table extra added');
      expect(added.details).toEqual(expect.arrayContaining(['column items.note added']));
      expect(added.details.join('\n')).toContain('items.id__v_text');
      await site.run('change_types');
      const changed = await site.inboxes.awaitOpened(nameRule('schema_changed'), 'table extra removed');
      expect(changed.details).toEqual(
        expect.arrayContaining([
          'column items.note removed',
          'type of column items.id changed from bigint to text',
        ]),
      );
      expect((await site.run('break_contract')).status).toBe('failed');
      await site.inboxes.awaitOpened(nameRule('schema_changed'), 'surprise');
    });
  });
}
