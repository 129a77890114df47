import { expect, it } from 'vitest';
import { maxTagCount, maxTagLength, readDeploymentTags } from './deployment-tags.ts';

it.each([
  ['a list', '__tags__ = ["prod", "finance"]', ['prod', 'finance']],
  ['a tuple', "__tags__ = ('prod', 'finance',)", ['prod', 'finance']],
  ['a tuple without brackets', '__tags__ = "prod", "finance"', ['prod', 'finance']],
  ['a set', '__tags__ = {"prod"}', ['prod']],
  ['a single string', '__tags__ = "prod"', ['prod']],
  ['an annotation', '__tags__: list[str] = ["prod"]', ['prod']],
  [
    'several lines and comments',
    '__tags__ = [  # ours\n  "prod",\n  # "old",\n  "finance",\n]\n',
    ['prod', 'finance'],
  ],
  ['strings side by side', '__tags__ = ["fin" "ance", \'b\']', ['finance', 'b']],
  ['raw strings and quotes', `__tags__ = [r"a", 'b"', """c'"""]`, ['a', 'b"', "c'"]],
  ['a second statement on the line', 'x = 1; __tags__ = ["a"]', ['a']],
  ['Windows lines', '"""Doc"""\r\n__tags__ = [\\\r\n"prod"]\r\n', ['prod']],
  ['text of other languages', '__tags__ = ["données", "数据"]', ['données', '数据']],
  ['nothing', '__tags__ = []', []],
  ['None', '__tags__ = None', []],
  ['no tags at all', 'import jobs\n__all__ = ["jobs"]', []],
  ['duplicates and empty strings', '__tags__ = ["a", "", "a"]', ['a']],
  ['the last of two assignments', '__tags__ = ["a"]\n__tags__ = ["b"]', ['b']],
  ['an annotation that sets nothing', '__tags__ = ["a"]\n__tags__: list[str]', ['a']],
])('reads %s', (_name, source, tags) => {
  expect(readDeploymentTags(source)).toEqual({ tags, problem: null });
});

it.each([
  ['a docstring', '"""\n__tags__ = ["no"]\n"""\n'],
  ['a comment', '# __tags__ = ["no"]\n'],
  ['a string', 'x = \'__tags__ = ["no"]\'\n'],
  ['an f-string with quotes in a field', 'x = f"{d["__tags__ ="]} {{"\n'],
  ['another name', 'my__tags__ = ["no"]\n'],
  ['a comparison', 'print(__tags__ == 3, __tags__ <= 4)\n'],
  ['an attribute of another module', 'print(other.__tags__)\n'],
])('does not read %s as tags', (_name, source) => {
  expect(readDeploymentTags(`${source}__tags__ = ["yes"]\n`)).toEqual({ tags: ['yes'], problem: null });
});

it.each([
  ['a call', '__tags__ = load_tags()'],
  ['a name', 'from tags import everything\n__tags__ = everything', 2],
  ['an f-string', 'x = 1\n\n__tags__ = [f"{x}"]', 3],
  ['bytes', '__tags__ = [b"prod"]'],
  ['a number', '__tags__ = [1]'],
  ['a sum', '__tags__ = ["a"] + ["b"]'],
  ['a dict', '__tags__ = {"a": 1}'],
  ['a comprehension', '__tags__ = [x for x in y]'],
  ['an escape', String.raw`__tags__ = ["\N{BULLET}"]`],
  ['a string that does not end', '__tags__ = "a'],
  ['a list that does not end', '__tags__ = ["a"'],
  ['two commas', '__tags__ = ["a",, "b"]'],
  ['an item', '__tags__[0] = "a"'],
  ['an assignment in a condition', 'if (__tags__ := ["a"]): pass'],
  ['an addition', '__tags__ = ["a"]\n__tags__ += ["b"]', 2],
  ['a call of a method', '__tags__ = ["a"]\n__tags__.append("b")', 2],
  ['a condition', 'if debug:\n    __tags__ = ["a"]', 2],
  ['a condition on one line', 'if debug: __tags__ = ["a"]'],
  ['an import', 'from tags import __tags__'],
  ['two targets', '__tags__ = tags = ["a"]'],
])('rejects %s', (_name, source, line = 1) => {
  expect(readDeploymentTags(source)).toEqual({
    tags: [],
    problem: `line ${line} does not set it to a list of plain strings`,
  });
});

it.each([
  ['control characters', '__tags__ = ["a\u0001"]', 'a tag has a control character'],
  ['half a character', '__tags__ = ["a\ud800"]', 'a tag has a control character'],
  [
    'too many tags',
    `__tags__ = [${Array.from({ length: maxTagCount + 1 }, (_, index) => `"${index}"`).join()}]`,
    `it has ${maxTagCount + 1} tags, and the most is ${maxTagCount}`,
  ],
  [
    'a long tag',
    `__tags__ = ["${'a'.repeat(maxTagLength + 1)}"]`,
    `the tag "${'a'.repeat(20)}..." has more than ${maxTagLength} characters`,
  ],
])('reports %s', (_name, source, problem) => {
  expect(readDeploymentTags(source)).toEqual({ tags: [], problem });
});

it.each(['(', '"""', "f'{", '\\', '{{{', 'f"{'])('terminates on hostile source made of %o', (part) => {
  expect(readDeploymentTags(`__tags__ = ${part.repeat(40_000)}`).tags).toEqual([]);
});
