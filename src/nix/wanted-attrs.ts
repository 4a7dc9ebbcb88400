/** Attrs as the walker takes them. */
import { formatAttrPath, parseAttrPath } from "../domain/attr-path.ts";
import type { AttrPath } from "../domain/evaluation.ts";
import { UserError } from "../errors.ts";
import type { WantedAttrs } from "./evaluator.ts";

/**
 * @param whole of these attrs everything below is wanted as well
 * @throws UserError attr-path-unreadable
 */
export function wantedAttrs(attrs: readonly AttrPath[], whole: readonly AttrPath[] = []): WantedAttrs {
  type Wanted = { [name: string]: Wanted | null };
  // Without a prototype, since an attr may have any name.
  const none = (): Wanted => Object.create(null);
  const root = none();
  const add = (components: readonly string[], leaf?: null) => {
    let place = root;
    const last = components.length - 1;
    for (const [depth, name] of components.entries()) {
      const known = place[name];
      // Everything below is wanted already.
      if (known === null) return;
      if (depth === last && leaf === null) place[name] = null;
      else place = place[name] = known ?? none();
    }
  };
  for (const attr of attrs) add(componentsOfAttr(attr));
  for (const attr of whole) add(componentsOfAttr(attr), null);
  return root;
}

/** @throws UserError attr-path-unreadable */
export function componentsOfAttr(attr: AttrPath): readonly string[] {
  const components = parseAttrPath(attr);
  if (components !== undefined) return components;
  throw new UserError(
    "attr-path-unreadable",
    `${JSON.stringify(attr)} is no attribute path`,
    'An attribute path is names joined by dots, such as linuxPackages.zfs or a."b c".',
  );
}

/** As the walker would say it. */
export const sameSpelling = (attr: AttrPath) => formatAttrPath(componentsOfAttr(attr));
