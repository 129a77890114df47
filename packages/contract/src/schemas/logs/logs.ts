import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp } from '../primitives.ts';

export const logSource = namedEnum('LogSource', ['runner', 'setup', 'user']);
export type LogSource = z.output<typeof logSource>;

export const logIoStream = namedEnum('LogIoStream', ['other', 'stderr', 'stdout']);
export type LogIoStream = z.output<typeof logIoStream>;

export const runSignalStage = namedEnum('RunSignalStage', ['build', 'run']);
export type RunSignalStage = z.output<typeof runSignalStage>;

export const logLine = responseObject('LogLine', {
  content: z.string(),
  io_stream: openEnum(logIoStream),
  line_num: z.int(),
  reported_at: timestamp,
  source: openEnum(logSource),
  stage: openEnum(runSignalStage),
});
export type LogLine = z.output<typeof logLine>;
