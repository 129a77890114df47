import { describe, expect, it } from 'vitest';
import { findPortProblem, portOfApp, startPathOf } from './app-trigger.ts';

describe('the port of an app', () => {
  it.each([
    [['http:'], 5000],
    [['http:/board'], 5000],
    [[], 5000],
    [['tag:shop', 'http:7777/board'], 7777],
    // A module with `__trigger__`: dlt appends it to the bare trigger of the app.
    [['http:', 'http:8601'], 8601],
    [['http:', 'http:8601', 'http:/board'], 8601],
    // From a definition deployed before such ports were rejected.
    [['http:80'], 5000],
  ])('with triggers %j is %i', (triggers, port) => {
    expect(portOfApp({ triggers })).toBe(port);
  });

  it.each([
    [null, true],
    [1023, false],
    [1024, true],
    [32_767, true],
    [32_768, false],
  ])('declared as %s: %s', (port, isGood) => {
    expect(findPortProblem(port) === null).toBe(isGood);
  });
});

describe('the start path of an app', () => {
  it.each([
    [['http:'], '/'],
    [['http:8501'], '/'],
    [['tag:shop', 'http:/board?year=2026'], '/board?year=2026'],
    [['http:7777/board'], '/board'],
    [['http:', 'http:/mcp'], '/mcp'],
    [['http:', 'http:8601/board', 'http:8602'], '/board'],
    [[], '/'],
  ])('with triggers %j is %s', (triggers, path) => {
    expect(startPathOf({ triggers })).toBe(path);
  });
});
