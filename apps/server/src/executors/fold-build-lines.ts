/**
 * Shortens the log of a build: uv's output about packages becomes one line. For a failed build, every line is
 * passed on.
 */
import type { EnvironmentLine } from './contract/environment-builder.ts';

const maxHeldLines = 10_000;
const news = /^(Resolved|Installed|Bytecode compiled|Audited)\b|^\s*Building /;
const installed = /^ \+ (.+)$/;

export function foldBuildLines(onLine: (line: EnvironmentLine) => void) {
  const held: EnvironmentLine[] = [];
  const packages: string[] = [];
  return {
    onLine(line: EnvironmentLine): void {
      if (news.test(line.text)) return onLine(line);
      const name = installed.exec(line.text)?.[1];
      if (name !== undefined) packages.push(name);
      else if (held.length < maxHeldLines) held.push(line);
    },
    succeed(): void {
      if (packages.length > 0) onLine({ stream: 'stdout', text: `Packages: ${packages.join(', ')}` });
    },
    fail(): void {
      for (const line of held) onLine(line);
    },
  };
}
