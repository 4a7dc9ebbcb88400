/**
 * Takes the kernel's version out of a path, so that `lib/modules/6.1.0-48-cloud-amd64/kernel` of base and
 * `lib/modules/6.1.0-49-cloud-amd64/kernel` of head are one path: `lib/modules/<version>/kernel`. File names that carry
 * it (`vmlinuz-6.1.0-49-cloud-amd64`) are covered; other numbers are left alone.
 */
export const VERSION = "<version>";

/** `modDirVersion` undefined (a kernel without modules): the path as it is. */
export function abstractVersion(path: string, modDirVersion: string | undefined): string {
  if (modDirVersion === undefined || modDirVersion === "" || !path.includes(modDirVersion)) return path;
  let result = "";
  let from = 0;
  for (let at = path.indexOf(modDirVersion); at !== -1; at = path.indexOf(modDirVersion, from)) {
    const end = at + modDirVersion.length;
    result += path.slice(from, at) + (standsAlone(path, at, end) ? VERSION : modDirVersion);
    from = end;
  }
  return result + path.slice(from);
}

/** `6.1` is not the version in `6.1.5` nor in `16.1`: digits and dotted digits on either side make it another. */
function standsAlone(path: string, at: number, end: number): boolean {
  if (/[0-9A-Za-z]/.test(path[at - 1] ?? "") || /[0-9]\./.test(path.slice(Math.max(0, at - 2), at)))
    return false;
  return !/^(?:[0-9A-Za-z-]|\.[0-9])/.test(path.slice(end, end + 2));
}
