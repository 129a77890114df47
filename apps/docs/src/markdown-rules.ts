import type { MarkdownRenderer } from 'vitepress';

/** Adapts the rendered Markdown to Vue and to the server's content security policy. */
export function addMarkdownRules(md: MarkdownRenderer): void {
  md.core.ruler.push('align-with-classes', ({ tokens }) => {
    for (const token of tokens) {
      alignWithClass(token);
      for (const child of token.children ?? []) {
        // Otherwise Vue evaluates `{{ }}` in code.
        if (child.type === 'code_inline') child.attrSet('v-pre', '');
      }
    }
  });
}

type Token = ReturnType<MarkdownRenderer['parse']>[number];

/** Replaces the style attribute of an aligned table cell: the policy forbids style attributes. */
function alignWithClass(token: Token): void {
  const alignment = /^text-align:(\w+)$/.exec(token.attrGet('style') ?? '')?.[1];
  if (alignment === undefined) return;
  token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'style');
  token.attrJoin('class', `align-${alignment}`);
}
