/** Which of two kernels is newer, by the names of their derivations: `linux-6.12.36`, `linux-zen-6.16.3-zen1`, `linux-6.17-rc1`. */

const VERSION = /-(\d+(?:\.\d+)*)(-?rc\d+)?/;

/** Orders the newer first. Release candidates come after releases, names without a version last. */
export function compareVersions(a: string, b: string): number {
  const [ours, theirs] = [parseVersion(a), parseVersion(b)];
  if (ours.isCandidate !== theirs.isCandidate) return ours.isCandidate ? 1 : -1;
  const length = Math.max(ours.numbers.length, theirs.numbers.length);
  for (let place = 0; place < length; place += 1) {
    const difference = (theirs.numbers[place] ?? -1) - (ours.numbers[place] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parseVersion(name: string): { readonly numbers: readonly number[]; readonly isCandidate: boolean } {
  const [, numbers, candidate] = VERSION.exec(name) ?? [];
  return { numbers: numbers?.split(".").map(Number) ?? [], isCandidate: candidate !== undefined };
}
