import { expect, it } from 'vitest';
import { annotateFailure, disarmWorkflowCommand } from './annotate-failure.ts';

const reason = {
  summary: 'ValueError: 100 %',
  message: '100 %\nis too much',
  location: { file: 'a,b/load.py', line: 3, function: null },
};

function annotate(env: NodeJS.ProcessEnv): string[] {
  const alerts: string[] = [];
  const terminal = { env, alert: (text: string) => void alerts.push(text) };
  annotateFailure({ terminal, folder: { path: '/repository/etl' } }, 'shop.load #1', reason);
  return alerts;
}

it('annotates the line of code in a workflow of GitHub Actions only', () => {
  expect(annotate({})).toEqual([]);
  expect(annotate({ GITHUB_ACTIONS: 'true' })).toEqual([
    '::error title=shop.load #1 failed,file=a%2Cb/load.py,line=3::ValueError: 100 %25%0A100 %25%0Ais too much',
  ]);
});

it('names the file by its path in the repository', () => {
  const [annotation] = annotate({ GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: '/repository' });
  expect(annotation).toContain('file=etl/a%2Cb/load.py,');
});

it.each(['::error::x', '  ::set-env name=A::b', '##[error]x', 'text ##[group]x'])(
  'a run cannot give the workflow the command %s',
  (line) => {
    const shown = disarmWorkflowCommand(line);
    expect(shown).not.toMatch(/^\s*::|##\[/);
    expect(shown.replaceAll('\u200B', '')).toBe(line);
  },
);

it('leaves other lines as they are', () => {
  expect(disarmWorkflowCommand('std::cout << 1')).toBe('std::cout << 1');
});
