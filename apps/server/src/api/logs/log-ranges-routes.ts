import type { Handlers } from '../handler.ts';
import type { DownloadLog } from '../../services/logs/download-log.ts';
import type { ReadLogLines } from '../../services/logs/read-log-lines.ts';
import type { SearchLog } from '../../services/logs/search-log.ts';
import { Readable } from 'node:stream';
import { abortWithCaller } from '../../http/event-stream.ts';
import { toLogLines, toLogSearch } from './log-ranges-serializers.ts';

export interface LogRangeRoutes {
  readLogLines: ReadLogLines;
  searchLog: SearchLog;
  downloadLog: DownloadLog;
}

export function createLogRangeHandlers({
  readLogLines,
  searchLog,
  downloadLog,
}: LogRangeRoutes): Pick<Handlers, 'read_log_lines' | 'search_log' | 'download_log'> {
  return {
    async read_log_lines({ params, query }) {
      const range = { fromLine: query.from_line, limit: query.limit };
      return toLogLines(await readLogLines(params.workspace_id, params.job_run_id, range));
    },

    async search_log({ params, query, reply }) {
      const matches = await searchLog(params.workspace_id, params.job_run_id, {
        text: query.q,
        source: query.source,
        ioStream: query.io_stream,
        onlyErrors: query.level === 'error',
        afterLine: query.after_line,
        limit: query.limit,
        signal: abortWithCaller(reply),
      });
      return toLogSearch(matches);
    },

    async download_log({ params, query, reply }) {
      const wanted = { withTimes: query.timestamps };
      const { fileName, text } = await downloadLog(params.workspace_id, params.job_run_id, wanted);
      void reply.type('text/plain; charset=utf-8').headers({
        'content-disposition': `attachment; filename="${fileName}"`,
        // Run output is always text: browsers must not sniff another type.
        'x-content-type-options': 'nosniff',
      });
      return Readable.from(text, { objectMode: false });
    },
  };
}
