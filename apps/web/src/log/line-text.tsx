import { memo, type CSSProperties } from 'react';
import classes from './log.module.css';
import { highlight } from './highlight.ts';
import { parseAnsi, type TextStyle } from './ansi.ts';

/** Text of a line with colours and highlighted matches. It is untrusted text and never rendered as markup. */
export const LineText = memo(function LineText({ content, find }: { content: string; find: string }) {
  return highlight(parseAnsi(content), find).map(({ text, style, isMatch }, index) => {
    if (!isMatch && Object.keys(style).length === 0) return text;
    const piece = (
      <span key={index} className={classNames(style)} style={colours(style)}>
        {text}
      </span>
    );
    return isMatch ? (
      <mark key={index} className={classes.match}>
        {piece}
      </mark>
    ) : (
      piece
    );
  });
});

function classNames(style: TextStyle): string {
  const { colour, ground } = style;
  return [
    style.isBold === true && classes.bold,
    style.isFaint === true && classes.faint,
    style.isItalic === true && classes.italic,
    style.isUnderlined === true && classes.underlined,
    style.isStruck === true && classes.struck,
    (style.isInverse === true || ground !== undefined) && classes.grounded,
    colour !== undefined && classes.coloured,
  ]
    .filter((name) => typeof name === 'string')
    .join(' ');
}

/** CSS variables from which log.module.css derives readable colours for either colour scheme. */
function colours({ colour, ground }: TextStyle): CSSProperties {
  return {
    ...(colour !== undefined && { '--printed': toCss(colour) }),
    ...(ground !== undefined && { '--printed-ground': toCss(ground) }),
  };
}

const named = [
  'rgb(0 0 0)',
  'rgb(205 49 49)',
  'rgb(13 148 83)',
  'rgb(180 137 0)',
  'rgb(36 114 200)',
  'rgb(188 63 188)',
  'rgb(17 148 175)',
  'rgb(160 160 160)',
  'rgb(118 118 118)',
  'rgb(241 76 76)',
  'rgb(35 200 120)',
  'rgb(220 190 30)',
  'rgb(59 142 234)',
  'rgb(214 112 214)',
  'rgb(41 184 219)',
  'rgb(235 235 235)',
];

function toCss(colour: number | string): string {
  return typeof colour === 'string' ? colour : (named[colour] ?? 'currentColor');
}
