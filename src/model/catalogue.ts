import type { Domain } from './score.ts';

/** The control catalogue (rules/frameworks/*.yaml) as data; what its words mean stands in semantics.yaml there. */
export interface CatalogueControl {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly obligation: 'required' | 'addressable' | 'future-dated-in-force' | 'proposed' | 'guidance';
  readonly domain: Domain | 'access';
  readonly automation: 'full' | 'partial' | 'none';
  readonly canSee: string;
  readonly cannotSee: string;
  readonly askFor: string;
  readonly url: string;
  readonly customizedApproach?: 'excluded'; // then no waiver of that type
}
export interface Edge {
  readonly framework: string;
  readonly id: string;
  readonly strength: 'direct' | 'supporting';
  readonly when?: readonly string[]; // names of conditions, all of which must hold
  readonly otherwise?: 'supporting';
  readonly why: string;
}
export interface Family {
  readonly title: string;
  readonly domain: Domain;
  readonly kind: 'finding' | 'evidence' | 'informational';
  readonly note?: string;
}
export interface Framework {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly status: string;
  readonly url: string;
  readonly declares?: DataTag; // of targets that carry no data tag, where this framework is chosen
  readonly controls: readonly CatalogueControl[];
}
export type DataTag = 'pci' | 'phi' | 'personal' | 'sensitive';
export interface Catalogue {
  readonly asOf: string;
  readonly disclaimer: string;
  readonly frameworks: readonly Framework[];
  readonly families: Readonly<Record<string, Family>>;
  readonly edges: Readonly<Record<string, readonly Edge[]>>;
}
