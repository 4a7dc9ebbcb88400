/**
 * Labels: the rebuild counts in nixpkgs' own label names (ci/eval/compare/utils.nix there), so that what we
 * say and what its CI labels agree.
 *
 * What trips people up: one rebuild is both `1` and `1-10`, and from 501 on there are two labels as well. An
 * operating system that was not evaluated gets no label: `0` would be a claim.
 */
import type { AttrPath } from "./evaluation.ts";

/** Attrs rebuilt per operating system; `null` where that is not known. */
export interface RebuiltAttrs {
  readonly linux: ReadonlySet<AttrPath> | null;
  readonly darwin: ReadonlySet<AttrPath> | null;
}

/** Both ends included. */
const BUCKETS: readonly { readonly name: string; readonly from: number; readonly to: number }[] = [
  { name: "0", from: 0, to: 0 },
  { name: "1", from: 1, to: 1 },
  { name: "1-10", from: 1, to: 10 },
  { name: "11-100", from: 11, to: 100 },
  { name: "101-500", from: 101, to: 500 },
  { name: "501-1000", from: 501, to: 1000 },
  { name: "501+", from: 501, to: Number.POSITIVE_INFINITY },
  { name: "1001-2500", from: 1001, to: 2500 },
  { name: "2501-5000", from: 2501, to: 5000 },
  { name: "5001+", from: 5001, to: Number.POSITIVE_INFINITY },
];

/** Some jobsets add the system. */
const NIXOS_TEST = /^nixosTests\.simple-(?:vm|container)(?:\.[a-z0-9_]+-[a-z]+)?$/;

/** One of the two VM tests whose rebuild sends a pull request to nixpkgs' `staging-nixos`: they stand for all of them. */
export function isNixosTest(attr: AttrPath): boolean {
  return NIXOS_TEST.test(attr);
}

/** Sorted. */
export function rebuildLabels(rebuilt: RebuiltAttrs): string[] {
  const perOs = (["linux", "darwin"] as const).flatMap((os) => {
    const attrs = rebuilt[os];
    return attrs === null ? [] : osLabels(os, attrs);
  });
  const all = [...(rebuilt.linux ?? []), ...(rebuilt.darwin ?? [])];
  const nixosTests = all.some(isNixosTest) ? ["10.rebuild-nixos-tests"] : [];
  return [...perOs, ...nixosTests].sort();
}

function osLabels(os: keyof RebuiltAttrs, attrs: ReadonlySet<AttrPath>): string[] {
  const counts = BUCKETS.filter(({ from, to }) => attrs.size >= from && attrs.size <= to);
  return [
    ...counts.map(({ name }) => `10.rebuild-${os}: ${name}`),
    ...(attrs.has("stdenv") ? [`10.rebuild-${os}-stdenv`] : []),
  ];
}
