import { State } from '../../ui/state.tsx';
import { severityAppearance } from './incident-states.ts';

/** Severity of a rule or an incident: glyph, word and colour. */
export function Severity({ severity }: { severity: string }) {
  return <State look={severityAppearance(severity)} />;
}
