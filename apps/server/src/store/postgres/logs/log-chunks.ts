import type { Queryable } from '../pool.ts';
import type { LogChunk, LogChunkExtent, LogChunkRows } from '../../../blobs/logs/log-chunks.ts';
import { keepBlobs, reserveBlobs } from '../retention/blob-reservations.ts';
import { named } from '../statements/named.ts';

const extentColumns = `first_line as "firstLine", end_line as "endLine", start_byte as "startByte", end_byte as "endByte",
  object_key as "objectKey", object_bytes as "objectBytes"`;

/** Creates the store of log lines that are not in a file: where blobs are in S3. */
export function createLogChunkStore(sql: Queryable): LogChunkRows {
  return {
    async append(attemptId, chunk) {
      const touched = await sql.executePrepared(
        named(
          `insert into attempt_log_chunks
             (attempt_id, first_line, end_line, start_byte, end_byte, data, object_key, object_bytes)
           select :attemptId::uuid, :firstLine::int8, :endLine::int8, :startByte::int8, :endByte::int8, :data::bytea,
                  :objectKey::text, :objectBytes::int8
            where :startByte::int8 = coalesce(
              (select end_byte from attempt_log_chunks where attempt_id = :attemptId::uuid
                order by end_line desc limit 1), 0)`,
          { attemptId, ...chunk },
        ),
      );
      return touched === 1;
    },

    put: (attemptId, chunk) =>
      sql.execute(
        named(
          `insert into attempt_log_chunks
             (attempt_id, first_line, end_line, start_byte, end_byte, data, object_key, object_bytes)
           values (:attemptId, :firstLine, :endLine, :startByte, :endByte, :data, :objectKey, :objectBytes)`,
          { attemptId, ...chunk },
        ),
      ),

    list: (attemptId, { line, limit }) =>
      sql.prepared<LogChunk>(
        named(
          `select ${extentColumns}, data from attempt_log_chunks
            where attempt_id = :attemptId and end_line > :line order by end_line limit :limit`,
          { attemptId, line, limit },
        ),
      ),

    describe: (attemptId, afterByte) =>
      sql.prepared<LogChunkExtent>(
        named(
          `select ${extentColumns} from attempt_log_chunks
            where attempt_id = :attemptId and end_byte > :afterByte order by end_line`,
          { attemptId, afterByte },
        ),
      ),

    take: (attemptId, { startByte, endByte }) =>
      sql.query<LogChunkExtent>(
        named(
          `delete from attempt_log_chunks
            where attempt_id = :attemptId and start_byte >= :startByte and end_byte <= :endByte
            returning ${extentColumns}`,
          { attemptId, startByte, endByte },
        ),
      ),

    reserveObject: async (key) => {
      const [reservation = 0] = await reserveBlobs(sql, [key]);
      return reservation;
    },

    keepObject: (reservation) => keepBlobs(sql, [reservation]),

    discardObjects: (keys) =>
      sql.execute(
        named(
          `insert into storage_removals (kind, target)
           select 'blob', jsonb_build_object('key', key) from unnest(:keys::text[]) as key`,
          { keys },
        ),
      ),
  };
}
