import type { Catalogue, CatalogueControl, Edge, Framework } from '../model/catalogue.ts';
import { byCodeUnit } from '../util/text.ts';
import type { FamilyCoverage, FrameworkCoverage, Judged } from '../model/coverage.ts';

type KnownRule = Readonly<Record<'id' | 'family', string>>;

/**
 * What of a framework can be tested, and by which rules; before any scan, so that nobody takes a silent control for a good one.
 * Only families that can fail a control count (`kind: finding`). A control is `direct` where a rule of a directly tied family exists, `supporting` where only
 * supporting ones do, `no-rule-yet` where the catalogue ties families to it and none has a rule, `manual` where no tool can tell.
 */
export function coverage(catalogue: Catalogue, rules: readonly KnownRule[], frameworks = catalogue.frameworks): readonly FrameworkCoverage[] {
  const byFamily = new Map<string, string[]>();
  for (const { id, family } of rules) byFamily.set(family, [...(byFamily.get(family) ?? []), id].sort(byCodeUnit));
  return frameworks.map((framework) => covered(framework, catalogue, byFamily));
}

function covered(
  { id, name, version, status, url, controls }: Framework,
  catalogue: Catalogue,
  byFamily: ReadonlyMap<string, readonly string[]>,
): FrameworkCoverage {
  const bearing = new Map<string, FamilyCoverage[]>();
  for (const [family, edges] of Object.entries(catalogue.edges)) {
    const about = catalogue.families[family];
    if (about?.kind !== 'finding') continue;
    for (const edge of edges)
      if (edge.framework === id) bearing.set(edge.id, [...(bearing.get(edge.id) ?? []), tie(family, about.title, edge, byFamily.get(family) ?? [])]);
  }
  const all = controls.map((control) => {
    const families = (bearing.get(control.id) ?? []).toSorted((a, b) => byCodeUnit(a.strength, b.strength) || byCodeUnit(a.family, b.family));
    return { ...control, judged: howJudged(control, families), families };
  });
  const count = (judged: Judged): number => all.filter((one) => one.judged === judged).length;
  return {
    id,
    name,
    version,
    status,
    url,
    counts: { direct: count('direct'), supporting: count('supporting'), 'no-rule-yet': count('no-rule-yet'), manual: count('manual') },
    controls: all,
  };
}
const tie = (family: string, title: string, { strength, when, otherwise, why }: Edge, rules: readonly string[]): FamilyCoverage => ({
  family,
  title,
  strength,
  ...(when && { when }),
  ...(otherwise && { otherwise }),
  why,
  rules,
});
function howJudged({ automation }: CatalogueControl, families: readonly FamilyCoverage[]): Judged {
  if (families.length === 0) return automation === 'none' ? 'manual' : 'no-rule-yet';
  const ruled = families.filter(({ rules }) => rules.length > 0);
  if (ruled.length === 0) return 'no-rule-yet';
  return ruled.some(({ strength }) => strength === 'direct') ? 'direct' : 'supporting';
}
