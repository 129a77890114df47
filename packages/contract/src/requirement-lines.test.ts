import { describe, expect, it } from 'vitest';
import { readRequirementLines } from './requirement-lines.ts';

function read(text: string) {
  const { lines, errors } = readRequirementLines(text, 'requirements.txt');
  return { texts: lines.map((line) => line.text), places: lines.map((line) => line.place), errors };
}

describe('readRequirementLines', () => {
  it('reads requirements without comments, the public index and the workspace itself', () => {
    const texts = [
      'dlt[duckdb,s3]==1.31.0',
      'requests',
      'a.b_c (>=1, <2)',
      'polars >=1,!=1.2.* ; python_version < "3.13"',
      'tool @ git+https://example.com/tool.git@v1#subdirectory=x',
      'git+https://example.com/shop.git',
      'https://example.com/shop-1.0.tar.gz ; sys_platform == "linux"',
      'pinned==1 --hash=sha256:00',
      'local==1.0+cpu',
      'epoch===1!2.0',
    ];
    const options = '-i https://pypi.org/simple\n\n--index-url=https://pypi.org/simple/\n-e .\n';
    const found = read(`\uFEFF# what we load\r\n${options}\n${texts.join('  # why\n')}\n\n`);
    expect(found).toMatchObject({ texts, errors: [] });
    expect(found.places.slice(0, 2)).toEqual(['requirements.txt:7:1', 'requirements.txt:8:1']);
  });

  it.each([
    ['requests>=2 \\\r\n  ,<3', ['requests>=2   ,<3']],
    [
      'a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nb',
      ['a==1     --hash=sha256:00     --hash=sha256:01', 'b'],
    ],
    ['# C:\\\nrequests', ['requests']],
    ['requests \\', ['requests']],
  ])('joins the continued lines of %j', (text, texts) => {
    expect(read(text)).toMatchObject({ texts, errors: [] });
  });

  it.each([
    ['dlt\n-r base.txt', '2:1', 'refers to another file'],
    ['  -rbase.txt', '1:3', 'refers to another file'],
    ['\uFEFF--requirement base.txt', '1:1', 'refers to another file'],
    ['--constraint=c.txt', '1:1', 'refers to another file'],
    ['-e ./shop', '1:1', 'editable'],
    ['dlt\r\n\r\nrequests=2', '3:9', 'not a requirement'],
    ['dlt requests', '1:5', 'not a requirement'],
    ['dlt>=1,\\\n  <2 x', '2:6', 'not a requirement'],
    ['dlt[duckdb', '1:4', 'not a requirement'],
    ['dlt==', '1:4', 'not a requirement'],
    ['- dlt', '1:1', 'not a requirement'],
    ['--hash=sha256:00', '1:1', 'not a requirement'],
    ['./wheels/shop.whl', '1:1', 'not a requirement'],
    ['dlt --pre', '1:5', 'not a requirement'],
    ['dlt==1 --index-url https://example.com', '1:8', 'not a requirement'],
    ['<<<<<<< HEAD', '1:1', 'not a requirement'],
  ])('refuses %j with its place', (text, place, reason) => {
    const [error] = read(text).errors;
    expect(error?.message).toMatch(new RegExp(`^requirements\\.txt:${place}: .*${reason}`));
    expect(error?.nextStep).toMatch(/\.$/);
  });

  it.each([
    ['--index-url https://pypi.example.com/simple', 'private-indexes.md'],
    ['--index-url=https://pypi.org.example.com/simple', 'private-indexes.md'],
    ['-i https://pypi.example.com/simple', 'private-indexes.md'],
    ['-ihttps://pypi.example.com/simple', 'private-indexes.md'],
    ['--pypi-url https://pypi.example.com/simple', 'private-indexes.md'],
    ['--extra-index-url https://pypi.org/simple', 'private-indexes.md'],
    ['--extra-index-url \\\n  https://pypi.example.com/simple', 'private-indexes.md'],
    ['--find-links ./wheels', 'UV_FIND_LINKS'],
    ['-f https://example.com/wheels', 'UV_FIND_LINKS'],
    ['--no-index', 'UV_NO_INDEX'],
    ['--trusted-host pypi.example.com', 'UV_INSECURE_HOST'],
    ['--no-binary=:all:', 'UV_NO_BINARY'],
    ['--only-binary :all:', 'UV_NO_BUILD'],
    ['--prefer-binary', 'UV_NO_BUILD'],
    ['--pre', '"name>=2.0b1"'],
    ['--require-hashes', 'Remove the line'],
    ['--use-feature=fast-deps', 'Remove the line'],
  ])('refuses %j, also where a resolver has read the file', (line, remedy) => {
    const [error] = read(`dlt\n  ${line}\n`).errors;
    expect(error?.message).toBe(
      'requirements.txt:2:3: the line is an option of an installer, which builds on the server do not read.',
    );
    expect(error?.nextStep).toContain(remedy);
    expect(error?.isResolvable).toBe(false);
  });

  it('keeps the other lines of a file with an error', () => {
    expect(read('dlt\n-r base.txt\nrequests').texts).toEqual(['dlt', 'requests']);
  });
});
