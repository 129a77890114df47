import type { Pretend } from './node/pretend-runtime.ts';

/** Pretends the shell commands of the suite: `exit 3` ends, `sleep infinity` stays. */
export const pretendScript: Pretend = (_pod, { command = [] }) => {
  const script = command.at(-1) ?? '';
  const [, code] = /^exit (\d+)$/.exec(script) ?? [];
  const runMilliseconds = code === undefined ? Infinity : 5;
  return { startMilliseconds: 1, runMilliseconds, exitCode: Number(code ?? 0) };
};
