/** The only reader of `process.env` among the benches. */

/** A clone of nixpkgs, where one was given. */
export function nixpkgsClone(): string | undefined {
  return process.env["NIXPKGS"] || undefined;
}

/** What says where programs, Nix and temporary files are. */
const PASSED_ON = [
  "PATH",
  "NIX_REMOTE",
  "NIX_CONF_DIR",
  "NIX_STATE_DIR",
  "NIX_STORE_DIR",
  "NIX_LOG_DIR",
  "TMPDIR",
];

/** Nothing else of the caller's may decide what a package set is: nixpkgs reads configuration from home and environment. */
export function plainEnvironment(home: string): Record<string, string> {
  const kept = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), HOME: home, LC_ALL: "C.UTF-8" };
}
