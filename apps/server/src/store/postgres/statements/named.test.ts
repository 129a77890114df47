import { describe, expect, it } from 'vitest';
import { named } from './named.ts';

describe('named parameters', () => {
  it('become positions, in the order of their first occurrence', () => {
    expect(named('select :second::text, :first', { first: 1, second: 2 })).toEqual({
      text: 'select $1::text, $2',
      values: [2, 1],
    });
  });

  it('are one parameter wherever a name occurs', () => {
    const statement = named('select :id::uuid where :id is null or :idle', { id: 'a', idle: true });
    expect(statement).toEqual({ text: 'select $1::uuid where $1 is null or $2', values: ['a', true] });
  });

  it('are not read out of casts, values or other text', () => {
    const statement = named(`select '1:2'::text, $$ a : b $$, :value`, { value: "':other" });
    expect(statement).toEqual({ text: `select '1:2'::text, $$ a : b $$, $1`, values: ["':other"] });
  });

  it('may be undefined, which is null, but not missing', () => {
    expect(named('select :a', { a: undefined }).values).toEqual([undefined]);
    const text: string = 'select :a, :b';
    expect(() => named(text, { a: 1 })).toThrow('The parameter :b has no value');
  });

  it('are demanded by TypeScript, also from fragments', () => {
    const condition = 'id = :jobId';
    const column: string = 'name';
    const text = () => [
      named(`select ${column} from jobs where ${condition}`, { jobId: 'a' }),
      // @ts-expect-error the fragment names `jobId`
      named(`select ${column} from jobs where ${condition}`, {}),
      // @ts-expect-error no `other` is named
      named(`select ${column} from jobs where ${condition}`, { jobId: 'a', other: 'b' }),
    ];
    expect(text).toThrow(':jobId');
  });
});
