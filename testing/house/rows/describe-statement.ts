import type { Client, Connection, FieldDef, Submittable } from 'pg';

/** The columns that a statement returns; null for a statement without rows. */
type DescribedColumns = FieldDef[] | null;

/** The part of a connection of `pg` that describes a statement; its types leave out these arguments. */
interface Describing {
  parse(statement: { text: string; name: string; types: number[] }): void;
  describe(of: { type: 'S'; name: string }): void;
  sync(): void;
}

/** Asks Postgres which columns a statement would return, without running it. */
export function describeStatement(client: Client, text: string): Promise<DescribedColumns> {
  const { promise, resolve, reject } = Promise.withResolvers<DescribedColumns>();
  let columns: DescribedColumns = null;
  const description = {
    submit(connection: Connection) {
      const describing = connection as unknown as Describing;
      describing.parse({ text, name: '', types: [] });
      describing.describe({ type: 'S', name: '' });
      describing.sync();
    },
    handleRowDescription({ fields }: { fields: FieldDef[] }) {
      columns = fields;
    },
    /** The client forgets a statement that failed, and does not call `handleReadyForQuery`. */
    handleError(error: Error) {
      reject(new Error(`${error.message}: ${text}`, { cause: error }));
    },
    handleReadyForQuery() {
      resolve(columns);
    },
  };
  client.query(description as Submittable);
  return promise;
}
