import { expect, it } from 'vitest';
import { allowsPython, chooseRequestedPython, supportedPythons } from './python-versions.ts';

it.each([
  ['>=3.10', ['3.14', '3.13', '3.12', '3.11', '3.10']],
  ['>=3.11,<3.13', ['3.12', '3.11']],
  ['>= 3.11.4, < 3.13.2', ['3.13', '3.12', '3.11']],
  ['==3.12.*', ['3.12']],
  ['==3.11.7', ['3.11']],
  ['~=3.12', ['3.14', '3.13', '3.12']],
  ['~=3.12.1', ['3.12']],
  ['<=3.12,!=3.11.*', ['3.12', '3.10']],
  ['!=3.11.2,<3.12', ['3.11', '3.10']],
  ['>3.12', ['3.14', '3.13', '3.12']],
  ['>=3,<4', ['3.14', '3.13', '3.12', '3.11', '3.10']],
  ['>=3.15', []],
  ['>=4', []],
  ['of course', ['3.14', '3.13', '3.12', '3.11', '3.10']],
])('requires-python %s allows %j', (requires, allowed) => {
  expect(supportedPythons.filter((minor) => allowsPython(requires, minor))).toEqual(allowed);
});

it.each([
  ['3.11\n', '3.11'],
  [' 3.11.4', '3.11'],
  ['cpython-3.12', '3.12'],
  ['cpython@3.12.1', '3.12'],
])('.python-version %j wins over requires-python', (text, version) => {
  const pyproject = { project: { 'requires-python': '>=3.13' } };
  expect(chooseRequestedPython(pyproject, text)).toEqual({ python_version: version });
});

it.each(['pypy3.10', '3', ''])('with .python-version %j, the server chooses', (text) => {
  const pyproject = { project: { 'requires-python': '>=3.13' } };
  expect(chooseRequestedPython(pyproject, text)).toEqual({
    python_version: '3.14',
    requires_python: '>=3.13',
  });
  expect(chooseRequestedPython(undefined, text)).toEqual({
    python_version: '3.12',
    requires_python: '>=3.10',
  });
});
