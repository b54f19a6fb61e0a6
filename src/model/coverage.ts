import type { CatalogueControl, Edge, Framework } from './catalogue.ts';

/** How a control can be judged: by rules that can fail it, by rules that only support, by none that exists yet, or by people alone. */
export type Judged = 'direct' | 'supporting' | 'no-rule-yet' | 'manual';
/** A family of rules that bears on a control, with the rules that exist. */
export interface FamilyCoverage extends Pick<Edge, 'strength' | 'when' | 'otherwise' | 'why'> {
  readonly family: string;
  readonly title: string;
  readonly rules: readonly string[];
}
export interface ControlCoverage extends CatalogueControl {
  readonly judged: Judged;
  readonly families: readonly FamilyCoverage[]; // direct ones first
}
/** A framework as far as this tool can test it. */
export interface FrameworkCoverage extends Pick<Framework, 'id' | 'name' | 'version' | 'status' | 'url'> {
  readonly counts: Readonly<Record<Judged, number>>;
  readonly controls: readonly ControlCoverage[];
}
